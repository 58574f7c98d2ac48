"""Jobs, their chunks and the queue, whatever the work is: start, run a chunk, stop, reopen, give up."""
