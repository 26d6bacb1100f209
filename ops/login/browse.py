"""What ops/check-login looks at: each finding is one line, and makes the program end with 1."""

import contextlib
import http.client
import re
import socket
import subprocess
import sys
import urllib.parse

from issuer import Issuer

findings = []


class Broken(Exception):
    """What comes after cannot be looked at."""


def expect(what, is_so, found="", must=False):
    if not is_so:
        findings.append(f"{what}{': found ' + repr(found)[:300] if found != '' else ''}")
        if must:
            raise Broken


class Answer:
    def __init__(self, status, headers, text):
        self.status, self.headers, self.text = status, headers, text

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class Browser:
    """Keeps cookies, and goes where it is led only when it is told to."""

    def __init__(self, port):
        self.port, self.cookies = port, {}

    def ask(self, method, url, form=None):
        parts = urllib.parse.urlsplit(urllib.parse.urljoin(f"http://127.0.0.1:{self.port}/", url))
        headers = {"Sec-Fetch-Site": "same-origin"}
        if parts.port == self.port and self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        # An end of a hang, and no judgement on a busy machine.
        connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=1800)
        body = None if form is None else urllib.parse.urlencode(form)
        connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body, headers)
        answer = connection.getresponse()
        got = Answer(answer.status, answer.getheaders(), answer.read().decode())
        connection.close()
        for name, value in got.headers:
            if name.lower() == "set-cookie":
                pair, _, rest = value.partition(";")
                key, _, value = pair.partition("=")
                self.cookies.pop(key, None)
                if "Max-Age=0" not in rest:
                    self.cookies[key] = value
        return got

    def get(self, url):
        return self.ask("GET", url)

    def begin(self, path):
        """From a page to the issuer's answer: the address that it sends the browser back to."""
        page = self.get(path)
        expect(f"{path} without a session leads to the login", page.status == 303, page.status, must=True)
        login = self.get(page.header("Location"))
        leads = login.header("Refresh") or ""
        expect("the login leads to the issuer", leads.startswith("0; url="), login.text, must=True)
        given = self.get(leads[len("0; url="):])
        expect("the issuer takes what it is asked", given.status == 302, given.text, must=True)
        return given.header("Location")

    def log_in(self, path="/"):
        back = self.get(self.begin(path))
        expect("the login ends where it began", back.status == 303 and back.header("Location") == path, back.text)
        return back


@contextlib.contextmanager
def program(path, port, issuer, client, secret, log):
    arguments = [path, str(port), issuer, client] + ([secret] if secret else [])
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        if process.stdout.readline() != "serving\n":
            print("check-login: error: the program does not start", file=sys.stderr)
            sys.exit(2)
        yield
    finally:
        process.terminate()
        process.wait()


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def look(path, secret, log):
    issuer, port, client = Issuer(), free_port(), "sample-client"
    issuer.register(client, secret, f"http://127.0.0.1:{port}/login/callback")
    with program(path, port, issuer.url, client, secret, log):
        browser = Browser(port)
        browser.log_in("/?a=1")
        page = browser.get("/?a=1")
        expect("the page knows who it is", page.status == 200 and "ann, asked for a=1" in page.text, page.text)
        expect("name and role are told", ">Ann<" in page.text and ">admin<" in page.text, page.text)

        tabs = Browser(port)
        first, second = tabs.begin("/?tab=1"), tabs.begin("/?tab=2")
        expect("the later tab is logged in", tabs.get(second).header("Location") == "/?tab=2")
        expect("so is the first", tabs.get(first).header("Location") == "/?tab=1")
        expect("an answer serves once", tabs.get(first).status == 400)
        expect("an answer serves its own browser", Browser(port).get(Browser(port).begin("/")).status == 400)

        form = {"logout_token": issuer.log_out(client)}
        ended = Browser(port).ask("POST", "/logout/backchannel", form)
        expect("the issuer ends a session", ended.status == 200, ended.status)
        expect("it has ended", browser.get("/").status == 303)

        browser.log_in()
        token = re.search('name="token" value="([^"]+)"', browser.get("/").text)
        out = browser.ask("POST", "/logout", {"token": token[1] if token else ""})
        expect("a form logs out", out.header("Location") == "/logout/issuer", out.text)
        on = browser.get("/logout/issuer").header("Refresh") or ""
        expect("the issuer is asked to log out, too", on.startswith(f"0; url={issuer.url}/bye?"), on)
        expect("it is logged out", browser.get("/").status == 303)

        browser.log_in()
        issuer.stop()
        expect("who is logged in stays so while the issuer is away", browser.get("/").status == 200)


def refuse(path, log):
    """A secret that is not the issuer's."""
    issuer, port = Issuer(), free_port()
    issuer.register("sample-client", "right", f"http://127.0.0.1:{port}/login/callback")
    with program(path, port, issuer.url, "sample-client", "wrong", log):
        browser = Browser(port)
        answer = browser.get(browser.begin("/"))
        expect("a wrong secret is told", "does not know this program" in answer.text, answer.text)
        expect("and nobody is logged in", browser.get("/").status == 303)
    issuer.stop()


def away(path, log):
    """An issuer that is not there."""
    issuer, port = Issuer(), free_port()
    issuer.stop()
    with program(path, port, issuer.url, "sample-client", None, log):
        answer = Browser(port).get("/login")
        expect("an issuer that is away is told", answer.status == 503 and "does not answer" in answer.text, answer.text)


with open(sys.argv[2], "w") as output:
    with contextlib.suppress(Broken):
        for secret in ("s%cr/t+&:", None):
            look(sys.argv[1], secret, output)
        refuse(sys.argv[1], output)
        away(sys.argv[1], output)
for finding in findings:
    print(f"check-login: {finding}")
if findings:
    sys.exit(1)
print("people log in at pyop, with a client's secret and without, and out again")
