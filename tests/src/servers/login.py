"""Answers on /oauth2/auth as oauth2-proxy does: 202 for the one session that it knows, 401 for everybody else."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, SESSION = int(sys.argv[1]), sys.argv[2]


class Login(BaseHTTPRequestHandler):
    def do_GET(self):
        known = SESSION in self.headers.get("Cookie", "").split("; ")
        asked = self.path.startswith("/oauth2/auth")
        self.send_response((202 if known else 401) if asked else 200)
        self.end_headers()


server = ThreadingHTTPServer(("127.0.0.1", PORT), Login)
print(f"listens on 127.0.0.1:{PORT}", flush=True)
server.serve_forever()
