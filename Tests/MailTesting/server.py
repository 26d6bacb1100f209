"""A mail server for tests: aiosmtpd, which does at each step what a file says.

Usage: server.py FOLDER MODE [CERTIFICATE KEY] [USER PASSWORD]; MODE is plain, starttls or smtps.

It writes "port N" when it listens. In FOLDER:
  behaviour.json   {"sender": ACTION, "again": ACTION, "receiver": ACTION, "end": ACTION}, looked at anew each time; "again"
                   is the sender of a further mail of a connection; an ACTION is an answer ("550 no"), "silent" (it
                   never answers) or "drop" (it cuts the connection)
  mails.jsonl      each mail whose end has come, whatever was answered then
"""

import asyncio
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

folder, mode, *rest = sys.argv[1:]
certificate, key = rest[:2] if mode != "plain" else (None, None)
login = tuple(rest[2:4] if mode != "plain" else rest[:2])


async def act(server, stage):
    try:
        with open(f"{folder}/behaviour.json", encoding="utf-8") as file:
            action = json.load(file).get(stage)
    except FileNotFoundError:
        return None
    if action == "drop":
        server.transport.abort()
    if action in ("drop", "silent"):
        # Until the connection is gone: then this is cancelled.
        await asyncio.Event().wait()
    return action


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, options):
        answer = await act(server, "again" if getattr(session, "mails", 0) else "sender")
        if answer:
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = await act(server, "receiver")
        if answer:
            return answer.replace("ADDRESS", address)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = {
            "sender": envelope.mail_from,
            "receivers": envelope.rcpt_tos,
            "text": envelope.content.decode("utf-8"),
            "isEncrypted": session.ssl is not None or server.transport.get_extra_info("ssl_object") is not None,
            "user": session.auth_data if isinstance(session.auth_data, str) else None,
            "connection": session.peer[1],
        }
        with open(f"{folder}/mails.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(mail) + "\n")
            file.flush()
            os.fsync(file.fileno())
        session.mails = getattr(session, "mails", 0) + 1
        return await act(server, "end") or "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    if (data.login.decode(), data.password.decode()) == login:
        return AuthResult(success=True, auth_data=data.login.decode())
    return AuthResult(success=False, handled=False)


async def serve():
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)

    def connection():
        return SMTP(
            Handler(),
            hostname="mail.example",
            enable_SMTPUTF8=True,
            tls_context=context if mode == "starttls" else None,
            require_starttls=mode == "starttls",
            authenticator=authenticate if login else None,
            auth_required=bool(login),
            auth_require_tls=mode == "starttls",
            loop=asyncio.get_running_loop(),
        )

    server = await asyncio.get_running_loop().create_server(
        connection, "127.0.0.1", 0, ssl=context if mode == "smtps" else None
    )
    print("port", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(serve())
