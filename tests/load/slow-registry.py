"""Passes on what a registry answers, each answer so many milliseconds late: `slow-registry.py REGISTRY DELAY`.

Its log is its address, and then a line for each request.
"""

import http.client
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REGISTRY, DELAY = sys.argv[1], float(sys.argv[2]) / 1000


class SlowRegistry(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        time.sleep(DELAY)
        upstream = http.client.HTTPConnection(REGISTRY, timeout=30)
        upstream.request(self.command, self.path, headers={"Accept": self.headers.get("Accept", "*/*")})
        answer = upstream.getresponse()
        body = answer.read()
        upstream.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("date", "server", "transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", answer.getheader("Content-Length") or str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_):
        print(self.command, self.path, flush=True)


server = ThreadingHTTPServer(("127.0.0.1", 0), SlowRegistry)
print("listening on 127.0.0.1:%d" % server.server_port, flush=True)
server.serve_forever()
