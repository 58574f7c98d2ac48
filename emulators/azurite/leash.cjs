// Ends the process when the launcher is gone: it holds the other end of our standard input.
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM"));
process.stdin.resume();
