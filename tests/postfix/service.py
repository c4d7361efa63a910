"""The service under test: its settings and data in one folder, its commands, and `serve`."""

import csv
import json
import os
import pathlib
import subprocess
import time
import urllib.error
import urllib.request

SETTINGS = """
[database]
url = "sqlite://{home}/paperround.db"
[http]
listen = "127.0.0.1:{port}"
public_url = "https://news.ledger.example"
[security]
secret_key_file = "{home}/paperround.key"
[[relay]]
name = "main"
url = {url}
ca_file = "{ca_file}"
connections = {connections}
window = {window}
messages_per_connection = 1000
"""
TOPICS = {"energy": "Energy", "shipping": "Shipping"}
SENTENCE = "The harbour board says that the new berths are ready and that ferries will use them from spring on. "


class Service:
    """Paperround in a folder of its own."""

    def __init__(self, home, binary, port, ca_file):
        self.home = pathlib.Path(home)
        self.home.mkdir()
        self.binary, self.port, self.ca_file = binary, port, ca_file
        self.signing = ""
        self.coming_back = ""
        # Settings of whoever runs the tests are not those of the tests.
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("PAPERROUND_")}

    def settle(self, url, connections=10, window=4):
        """Writes the settings with one relay."""
        places = {"home": self.home, "port": self.port, "ca_file": self.ca_file}
        text = SETTINGS.format(url=json.dumps(url), connections=connections, window=window, **places)
        (self.home / "paperround.toml").write_text(text + self.coming_back + self.signing)

    def run(self, *command, **more):
        """Runs a command without looking at its exit code; that of one that never ends is None."""
        whole = [self.binary, "--json", *command]
        try:
            return subprocess.run(
                whole, cwd=self.home, env=self.environment, capture_output=True, text=True, check=False, **more
            )
        except subprocess.TimeoutExpired as late:
            said = [(text or b"").decode(errors="replace") for text in (late.stdout, late.stderr)]
            return subprocess.CompletedProcess(whole, None, *said)

    def call(self, *command, **more):
        """What a command prints: a document for each line or one in all."""
        done = self.run(*command, **more)
        if done.returncode != 0:
            raise RuntimeError(f"paperround {' '.join(command)}: exit code {done.returncode}: {done.stderr.strip()}")
        return documents(done.stdout)

    def make_keys(self, domain):
        """Two keys that sign every mail."""
        for selector, algorithm in (("rsa", "rsa-sha256"), ("ed", "ed25519-sha256")):
            file = f"{selector}.pem"
            self.call("dkim", "generate", domain, "--selector", selector, "--algorithm", algorithm, "--out", file)
            self.signing += (
                f'[[dkim]]\ndomain = "{domain}"\nselector = "{selector}"\n'
                f'algorithm = "{algorithm}"\nprivate_key_file = "{self.home}/{file}"\n'
            )

    def publish(self, slug, sender, addresses):
        """A publication with topics, eight articles, a digest that goes out by hand, and readers."""
        self.call("publication", "create", slug, "--name", slug.title(), "--from", sender, "--postal-address", "1 Quay Road")
        for topic, name in TOPICS.items():
            self.call("topic", "add", slug, topic, "--name", name)
        self.call("digest", "create", slug, "daily", "--name", "Daily")
        articles = [
            {
                "title": f"Harbour news {number}: Überfahrt ‘frei’",
                "url": f"https://{slug}.example/{number}",
                "summary_html": f"<p>{SENTENCE * 8}</p>",
                "topics": [list(TOPICS)[number % 2]],
            }
            for number in range(8)
        ]
        self.call("article", "add", slug, "-", input=json.dumps(articles))
        readers = self.home / f"{slug}.csv"
        with readers.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["email", "topics"])
            choices = ["", "energy", "shipping"]
            rows.writerows([address, choices[number % 3]] for number, address in enumerate(addresses))
        return self.call("subscriber", "import", slug, str(readers), "--confirmed", "--consent", "I want it daily")[0]

    def issue(self, issue):
        """An issue as `issue show` has it."""
        return self.call("issue", "show", issue)[0]

    def ledger(self, issue):
        """A row for each reader."""
        return self.call("issue", "deliveries", issue)

    def wait_for_trouble(self, issue, text, seconds=20):
        """The issue as soon as its trouble has a text, or at last."""
        limit = time.monotonic() + seconds
        while True:
            shown = self.issue(issue)
            if text in (shown["trouble"] or "") or time.monotonic() > limit:
                return shown
            time.sleep(0.2)

    def serve(self):
        """`serve`, to be used as a context."""
        return Serve(self)


class Serve:
    """A running `serve`; ends with the context, and has to do so in good order."""

    def __init__(self, service):
        self.service = service
        self.process = None

    def __enter__(self):
        with (self.service.home / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.service.binary, "serve"], cwd=self.service.home, env=self.service.environment, stderr=log
            )
        try:
            self._wait()
        except BaseException:
            self._kill()
            raise
        return self

    def _wait(self):
        limit = time.monotonic() + 30
        while time.monotonic() < limit and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.service.port}/readyz", timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)
        raise RuntimeError("serve does not get ready")

    def _kill(self):
        self.process.kill()
        self.process.wait()

    def __exit__(self, kind, *_):
        self.process.terminate()
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self._kill()
            code = "none within 30 seconds"
        if code != 0 and kind is None:
            raise RuntimeError(f"serve ended with exit code {code}")


def documents(text):
    """JSON documents one after the other."""
    found, at, decoder = [], 0, json.JSONDecoder()
    text = text.strip()
    while at < len(text):
        document, end = decoder.raw_decode(text, at)
        found.append(document)
        at = end + len(text[end:]) - len(text[end:].lstrip())
    return found
