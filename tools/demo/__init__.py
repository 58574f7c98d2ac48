"""Push a believable month of a provider from Work 365 to ConnectWise, all on this machine, and show what came of it."""
