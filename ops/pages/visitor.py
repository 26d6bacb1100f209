"""Somebody who reads pages without scripts: logs in, sends forms, keeps cookies. For what is measured, where a browser would be the load."""

import html.parser
import http.client
import socket
import urllib.parse


class Lost(Exception):
    """A page is not what it should be."""


class Forms(html.parser.HTMLParser):
    """The forms of a page, each with the fields that it is sent with as it stands."""

    def __init__(self, text):
        super().__init__()
        self.forms = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        names = dict(attributes)
        if tag == "form":
            self.forms.append((names.get("action", ""), {}))
        elif tag == "input" and self.forms and names.get("name"):
            if names.get("type") not in ("checkbox", "radio") or "checked" in names:
                self.forms[-1][1][names["name"]] = names.get("value") or ""
        elif tag == "textarea" and self.forms and names.get("name"):
            self.forms[-1][1].setdefault(names["name"], "")


class Answer:
    def __init__(self, url, status, headers, text):
        self.url, self.status, self.headers, self.text = url, status, headers, text

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def form(self, action):
        """The fields of the first form that is sent to this path."""
        for target, fields in Forms(self.text).forms:
            if urllib.parse.urlsplit(target).path == action:
                return fields
        raise Lost(f"{self.url}: no form for {action}: {self.status} {self.text[:200]!r}")


class Visitor:
    """Cookies do not know ports: those of all programs of a host are kept together, as browsers do."""

    def __init__(self):
        self.cookies = {}

    def request(self, method, url, form=None, timeout=1800):
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
        body = None if form is None else urllib.parse.urlencode(form)
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection.request(method, path, body, self.headers(form is not None))
        answer = connection.getresponse()
        got = Answer(url, answer.status, answer.getheaders(), answer.read().decode())
        connection.close()
        for name, value in got.headers:
            if name.lower() == "set-cookie":
                pair, _, rest = value.partition(";")
                key, _, content = pair.partition("=")
                self.cookies.pop(key, None)
                if "Max-Age=0" not in rest:
                    self.cookies[key] = content
        return got

    def headers(self, sends=False):
        headers = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Accept": "text/html"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if sends:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        return headers

    def follow(self, answer):
        """Goes where it is led, by redirects and by pages that go on by themselves."""
        for _ in range(10):
            target = answer.header("Location")
            refresh = answer.header("Refresh") or ""
            if target is None and refresh.startswith("0; url="):
                target = refresh[len("0; url="):]
            if target is None:
                return answer
            answer = self.request("GET", urllib.parse.urljoin(answer.url, target))
        raise Lost(f"{answer.url}: led on and on")

    def get(self, url):
        return self.follow(self.request("GET", url))

    def post(self, url, form):
        return self.follow(self.request("POST", url, form))

    def log_in(self, url, email, password):
        """Opens a page, and logs in where it leads."""
        asked = self.get(url)
        fields = asked.form("/login") | {"email": email, "password": password}
        page = self.post(urllib.parse.urljoin(asked.url, "/login"), fields)
        if page.status != 200:
            raise Lost(f"{url}: {page.status} after the login of {email}")
        return page

    def stream(self, url):
        """A stream of live values, open until its socket is closed."""
        parts = urllib.parse.urlsplit(url)
        connection = socket.create_connection((parts.hostname, parts.port), timeout=60)
        lines = [f"GET {parts.path}?{parts.query} HTTP/1.1", f"Host: {parts.netloc}", "Accept: text/event-stream",
                 "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors"]
        lines += [f"Cookie: {self.headers()['Cookie']}", "", ""]
        connection.sendall("\r\n".join(lines).encode())
        first = connection.recv(4096)
        if b" 200 " not in first.split(b"\r\n")[0]:
            raise Lost(f"{url}: {first[:200]!r}")
        return connection
