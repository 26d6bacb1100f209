"""An issuer of OpenID Connect for check-login: pyop decides, and this file only carries its answers over HTTP."""

import http.server
import json
import threading
import time
import urllib.parse

from Cryptodome.PublicKey import RSA
from jwkest.jwk import RSAKey
from jwkest.jws import JWS
from pyop.authz_state import AuthorizationState
from pyop.exceptions import InvalidAuthenticationRequest, InvalidClientAuthentication, OAuthError
from pyop.provider import Provider
from pyop.subject_identifier import HashBasedSubjectIdentifierFactory
from pyop.userinfo import Userinfo

PERSON = {"sub": "ann", "name": "Ann", "role": "admin"}
# It takes seconds to make: one for all issuers.
KEY = RSAKey(key=RSA.generate(2048), kid="key-1", alg="RS256", use="sig")
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"


class Issuer:
    """Serves on a free port of this machine until it is stopped."""

    def __init__(self):
        # The person's session here: a new one after each logout.
        self.session = 1
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.get(self)

            def do_POST(self):
                issuer.post(self)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.clients = {}
        self.provider = Provider(
            KEY,
            {
                "issuer": self.url.replace("http:", "https:"),
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "end_session_endpoint": f"{self.url}/bye",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "scopes_supported": ["openid", "profile"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
            },
            AuthorizationState(HashBasedSubjectIdentifierFactory("salt")),
            self.clients,
            Userinfo({"ann": PERSON}),
        )
        # It wants https; this machine needs none.
        self.provider.configuration_information["issuer"] = self.url
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def register(self, client, secret, redirect):
        self.clients[client] = {
            "client_id": client,
            "redirect_uris": [redirect],
            "response_types": ["code"],
            "subject_type": "public",
            "token_endpoint_auth_method": "client_secret_basic" if secret else "none",
        }
        if secret:
            self.clients[client]["client_secret"] = secret

    def log_out(self, client):
        """Ends the person's session, and gives the token that tells a client so."""
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": client, "iat": now, "exp": now + 120, "jti": str(self.session), "sid": f"s{self.session}",
            "events": {LOGOUT: {}},
        }
        self.session += 1
        return JWS(json.dumps(claims), alg="RS256", typ="logout+jwt").sign_compact([KEY])

    def get(self, request):
        path, _, query = request.path.partition("?")
        if path == "/.well-known/openid-configuration":
            answer(request, 200, json.dumps(self.provider.provider_configuration.to_dict()))
        elif path == "/keys":
            answer(request, 200, json.dumps(self.provider.jwks))
        elif path == "/authorize":
            # Who asks is taken for Ann: what is looked at here is the rest.
            try:
                asked = self.provider.parse_authentication_request(query)
                given = self.provider.authorize(asked, "ann")
            except (InvalidAuthenticationRequest, OAuthError) as error:
                return answer(request, 400, str(error))
            answer(request, 302, "", {"Location": given.request(asked["redirect_uri"])})
        else:
            answer(request, 404, "")

    def post(self, request):
        body = request.rfile.read(int(request.headers["Content-Length"])).decode()
        if request.path != "/token":
            return answer(request, 404, "")
        if "code_verifier" not in urllib.parse.parse_qs(body):
            return answer(request, 400, json.dumps({"error": "invalid_request"}))
        try:
            claims = {"name": PERSON["name"], "role": PERSON["role"], "sid": f"s{self.session}"}
            given = self.provider.handle_token_request(body, dict(request.headers), extra_id_token_claims=claims)
            answer(request, 200, given.to_json())
        except InvalidClientAuthentication:
            answer(request, 401, json.dumps({"error": "invalid_client"}))
        except OAuthError as error:
            answer(request, 400, json.dumps({"error": error.oauth_error}))


def answer(request, status, text, headers=None):
    body = text.encode()
    request.send_response(status)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", str(len(body)))
    for name, value in (headers or {}).items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body)
