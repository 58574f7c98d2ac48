// Loaded into Azurite by the launcher.
"use strict";
const http = require("node:http");

// Ends the process when the launcher is gone: it holds the other end of our standard input.
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM"));
process.stdin.resume();
process.stdin.unref(); // alone it must not keep the process alive

// A server that closes would wait for connections that a polling client keeps alive, up to a minute.
const GRACE_MS = 300;
const close = http.Server.prototype.close;
http.Server.prototype.close = function closeSoon(done) {
  setTimeout(() => this.closeAllConnections(), GRACE_MS);
  return close.call(this, done);
};
