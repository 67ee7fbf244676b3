"""A registry that answers wrongly, in the way that the first part of the repository's name says.

status-CODE    that HTTP status, with an error body as registries send it
garbage        200 and bytes that are no manifest
nothing        the connection is closed without an answer

With the address of a registry as its argument, it passes on what that one has of the rest of the name, and answers
wrongly about signatures (tags that end in `.sig`) alone:

sig-CODE       that HTTP status
sig-page-CODE  that HTTP status, with a web page that speaks of something not found
sig-nothing    the connection is closed without an answer
"""

import http.client
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = b"<html><title>404 page not found</title><body>manifest unknown</body></html>"


class BrokenRegistry(BaseHTTPRequestHandler):
    def do_GET(self):
        _, _, path = self.path.partition("/v2/")
        behaviour, _, rest = path.partition("/")
        kind, _, code = behaviour.partition("-")
        if behaviour == "":
            self.answer(200, b"{}")
        elif kind == "sig" and not path.endswith(".sig"):
            self.pass_on("/v2/" + rest)
        elif code.startswith("page-"):
            self.answer(int(code.removeprefix("page-")), PAGE, "text/html")
        elif kind == "status" or code.isdigit():
            errors = [{"code": "UNKNOWN", "message": "broken on purpose"}]
            if code == "404":
                errors = [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]
            self.answer(int(code), json.dumps({"errors": errors}).encode())
        elif kind == "garbage":
            self.answer(200, bytes(range(256)))
        else:
            self.close_connection = True

    do_HEAD = do_GET

    def pass_on(self, path):
        upstream = http.client.HTTPConnection(sys.argv[1], timeout=10)
        upstream.request(self.command, path, headers={"Accept": self.headers.get("Accept", "*/*")})
        answer = upstream.getresponse()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("date", "server", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.read())

    def answer(self, status, body, kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="broken"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), BrokenRegistry)
print("listening on %s:%d" % server.server_address, flush=True)
server.serve_forever()
