"""Development stand-ins for Dataverse, ConnectWise, Entra and the Functions host; never shipped."""
