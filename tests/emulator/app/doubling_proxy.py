"""A proxy in front of the queue service that delivers every message twice: each put is sent on two times."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import urllib3

from emulators.stack.stack import Stack

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "host"}


@contextmanager
def stack_delivering_twice(queue_name: str, *, hosts: int, **options: Any) -> Iterator[Stack]:
    """Run a stack whose hosts see the queue through the proxy; `options` are those of Stack."""
    with Stack(hosts=0, **options) as stack, doubling_proxy(stack.queue, queue_name) as proxy:
        address = urlsplit(stack.queue).netloc
        stack.host_variables["AzureWebJobsStorage"] = stack.storage.replace(f"http://{address}", proxy)
        for _ in range(hosts):
            stack.start_host()
        yield stack


@contextmanager
def doubling_proxy(queue_address: str, queue_name: str) -> Iterator[str]:
    """Run the proxy; yield its base address, which stands for scheme and host of `queue_address`."""
    target = urlsplit(queue_address)
    pool = urllib3.HTTPConnectionPool(target.hostname or "", target.port, maxsize=32, retries=False)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
            is_put = self.command == "POST" and f"/{queue_name}/messages" in self.path
            try:
                for _ in range(2 if is_put else 1):
                    answer = pool.urlopen(self.command, self.path, body=body, headers=headers, redirect=False)
            except urllib3.exceptions.HTTPError:
                self.close_connection = True  # the stack is being taken down
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in _HOP_BY_HOP | {"content-length"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.data)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = forward  # noqa: N815  names that http.server looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the signature of http.server
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        pool.close()
