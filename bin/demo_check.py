"""Use the guestbook as a visitor does: read the page, sign it, find the entry. Standard library only."""

import http.client
import re
import sys
import urllib.parse
from html.parser import HTMLParser

ENTRY = "Signed by bin/demo"


class Form(HTMLParser):
    """The first form of a page that is sent by POST, with what a visitor would fill in.

    Attributes:
        action: Where the form goes; empty for the page itself.
        fields: Its fields by name; those without a value say ``ENTRY``.
        static: The addresses of the page's style sheets.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.static: list[str] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in a form, a field of it or a style sheet."""
        found = {name: value or "" for name, value in attrs}
        if tag == "form" and found.get("method", "").lower() == "post" and not self.fields:
            self._inside, self.action = True, found.get("action", "")
        elif tag in {"input", "textarea"} and self._inside and found.get("name"):
            self.fields[found["name"]] = found.get("value") or ENTRY
        elif tag == "link" and found.get("rel") == "stylesheet":
            self.static.append(found["href"])

    def handle_endtag(self, tag: str) -> None:
        """Leave the form."""
        self._inside = self._inside and tag != "form"


class Visitor:
    """A browser's manners in small: keeps cookies, and calls the app by its name on loopback.

    No resolver is asked for the name: not every machine knows those below ``localhost``.
    """

    def __init__(self, url: str) -> None:
        self.url = urllib.parse.urlsplit(url)
        self.cookies: dict[str, str] = {}

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Return the status and the text of ``path``, sending ``form`` by POST if there is one."""
        connection = http.client.HTTPConnection("127.0.0.1", self.url.port or 80, timeout=30)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Host": self.url.netloc, "Cookie": cookie}
        if form is not None:
            headers["Origin"] = f"{self.url.scheme}://{self.url.netloc}"
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = None if form is None else urllib.parse.urlencode(form)
        connection.request("GET" if form is None else "POST", path or "/", body, headers)
        answer = connection.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        text = answer.read().decode(errors="replace")
        connection.close()
        return answer.status, text


def expect(what: str, status: int, wanted: set[int]) -> None:
    """Say what was asked and what came back; end here when it is not what is ``wanted``."""
    print(f"  {what}: {status}")
    if status not in wanted:
        sys.exit(f"error: {what} answered {status}\n  next:  flipside app.logs, in .demo/guestbook")


def main(url: str) -> None:
    """Read, sign unless it was signed before, and read again."""
    visitor = Visitor(url)
    status, page = visitor.ask("/")
    expect(f"GET {url}", status, {200})
    form = Form(page)
    for path in form.static:
        expect(f"GET {path}", visitor.ask(path)[0], {200})
    if ENTRY not in page:
        path = urllib.parse.urljoin("/", form.action)
        expect(f"POST {path}", visitor.ask(path, form.fields)[0], {200, 302, 303})
        page = visitor.ask("/")[1]
    if not re.search(re.escape(ENTRY), page):
        sys.exit(
            "error: the entry that was sent is not on the page\n  next:  flipside app.logs, in .demo/guestbook"
        )
    print(f"  the page lists the entry '{ENTRY}'")


if __name__ == "__main__":
    main(sys.argv[1])
