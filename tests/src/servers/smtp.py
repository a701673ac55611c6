"""A mail relay on 127.0.0.1 that keeps what it gets in a Maildir.

Arguments: port, Maildir, protection (none, starttls or tls), certificate, key, account, password. With an account it takes
mail from that one alone.
"""

import asyncio
import ssl
import sys

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP, AuthResult


def main(port, maildir, protection, certificate, key, account, password):
    handler = Mailbox(maildir)
    context = None
    if protection != "none":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)

    def authenticate(server, session, envelope, mechanism, login):
        known = login.login == account.encode() and login.password == password.encode()
        return AuthResult(success=known, handled=known)

    def serve():
        return SMTP(
            handler,
            hostname="relay.example.org",
            tls_context=context if protection == "starttls" else None,
            require_starttls=protection == "starttls",
            auth_required=account != "",
            auth_require_tls=protection == "starttls",
            authenticator=authenticate,
        )

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    wrapper = context if protection == "tls" else None
    server = loop.create_server(serve, host="127.0.0.1", port=int(port), ssl=wrapper)
    loop.run_until_complete(server)
    print(f"relay listens on 127.0.0.1:{port}", flush=True)
    loop.run_forever()


main(*sys.argv[1:])
