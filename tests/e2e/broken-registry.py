"""A registry that answers wrongly, in the way that the first part of the repository's name says.

status-CODE    that HTTP status, with an error body as registries send it
garbage        200 and bytes that are no manifest
nothing        the connection is closed without an answer
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class BrokenRegistry(BaseHTTPRequestHandler):
    def do_GET(self):
        _, _, path = self.path.partition("/v2/")
        behaviour, _, _ = path.partition("/")
        kind, _, code = behaviour.partition("-")
        if behaviour == "":
            self.answer(200, b"{}")
        elif kind == "status":
            errors = [{"code": "BROKEN", "message": "broken on purpose"}]
            self.answer(int(code), json.dumps({"errors": errors}).encode())
        elif kind == "garbage":
            self.answer(200, bytes(range(256)))
        else:
            self.close_connection = True

    do_HEAD = do_GET

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
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
