"""The product, through its command line only."""

import json
import os
import random
import subprocess
import time
import urllib.error
import urllib.request
from datetime import datetime

from workshop import CONNECTIONS, Failed, Skipped, call, end, free_port

WORDS = (
    "the a of to in and for on with from harbour council market energy bridge river school price "
    "winter tender signal report station minister night morning paper engine island garden after "
    "before during against between says opens closes builds weighs warns expects votes returns "
    "quarter million new late early public northern quiet second regional"
).split()
TOPICS = ("energy", "markets", "transport", "town")
ARTICLES = 14
# Those with a summary: so many make a mail of about 30 KB.
FULL = 12


class Service:
    """A configured service with its own database."""

    def __init__(self, shop, name, database, sink, dkim=None, more=""):
        self.shop = shop
        self.folder = shop.folder / name
        self.folder.mkdir()
        self.database = database
        self.process = None
        self.rounds = 0
        self.chance = random.Random(20261124)
        self.http = f"127.0.0.1:{free_port()}"
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("PAPERROUND__")}
        (self.folder / "paperround.toml").write_text(self.settings(sink, dkim) + more)
        try:
            self.call("config", "check")
        except Failed as why:
            raise Skipped(f"the program refuses the settings: {why}") from None

    def settings(self, sink, dkim):
        text = f"""[database]
url = "{self.database}"
[http]
listen = "{self.http}"
trusted_proxies = ["127.0.0.1"]
public_url = "https://news.bench.example"
[security]
secret_key_file = "paperround.key"
[[relay]]
name = "sink"
url = "smtp://{sink.address}"
connections = {CONNECTIONS}
"""
        if dkim:
            text += f"""[[dkim]]
domain = "bench.example"
selector = "s1"
algorithm = "{dkim}"
private_key_file = "dkim.pem"
"""
            kind = ["ed25519"] if dkim.startswith("ed25519") else ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
            call(["openssl", "genpkey", "-algorithm", *kind, "-out", self.folder / "dkim.pem"])
        return text

    def call(self, *words, **more):
        return call([self.shop.program, *words], cwd=self.folder, env=self.env, **more)

    def prepare(self, readers):
        """A publication with topics, a digest and readers, if any; returns what their import cost."""
        self.call("migrate")
        self.call("publication", "create", "bench", "--name", "Bench News", "--from", "Bench News <news@bench.example>",
                  "--postal-address", "Bench News, 1 High Street, Exampletown")
        for topic in TOPICS:
            self.call("topic", "add", "bench", topic, "--name", topic.title())
        self.call("digest", "create", "bench", "round", "--name", "Round", "--max-items", ARTICLES,
                  "--full-items", FULL)
        if not readers:
            return None
        file = self.folder / "readers.csv"
        with open(file, "w", encoding="utf-8") as out:
            out.write("email\n")
            out.writelines(f"reader{n:07}@d{n % 50}.example\n" for n in range(readers))
        cost = self.bring_in(file)
        file.unlink()
        return cost

    def bring_in(self, file):
        words = ["subscriber", "import", "bench", file, "--confirmed", "--consent", "benchmark", "--quiet"]
        begun = time.time()
        process = subprocess.Popen([self.shop.program, *words], cwd=self.folder, env=self.env,
                                   stdout=subprocess.DEVNULL, start_new_session=True)
        self.shop.undo.append(lambda: end(process))
        # wait4 alone tells the memory of one child.
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise Failed(f"the import ends with {process.returncode}")
        return {"import_seconds": time.time() - begun, "import_memory_mb": used.ru_maxrss / 1024}

    def add_articles(self):
        """New ones for each issue, since an article goes out once."""
        self.rounds += 1
        articles = []
        for n in range(ARTICLES):
            text = " ".join(f"<p>{self.sentences(5)}</p>" for _ in range(2))
            articles.append({
                "title": self.sentence(8).rstrip("."),
                "url": f"https://news.bench.example/{self.rounds}/{n}/{'-'.join(self.chance.choices(WORDS, k=5))}",
                "summary_html": text,
                "topics": [TOPICS[n % len(TOPICS)]],
                "authors": ["A. Writer"],
                "image_url": f"https://news.bench.example/{self.rounds}/{n}.jpg",
                "image_alt": self.sentence(5),
            })
        self.call("article", "add", "bench", "-", input=json.dumps(articles))

    def sentence(self, words):
        return " ".join(self.chance.choices(WORDS, k=words)).capitalize() + "."

    def sentences(self, many):
        return " ".join(self.sentence(self.chance.randint(8, 16)) for _ in range(many))

    def start(self):
        self.process = self.shop.start([self.shop.program, "serve"], self.folder / "serve.log",
                                       cwd=self.folder, env=self.env)
        deadline = time.time() + 60
        while time.time() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://{self.http}/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(0.1)
        raise Failed(f"serve does not become ready:\n{self.log()}")

    def stop(self):
        if end(self.process) != 0:
            raise Failed(f"serve ends with {self.process.returncode}:\n{self.log()}")

    def log(self):
        return "\n".join((self.folder / "serve.log").read_text().splitlines()[-5:])

    def send(self, sink, readers, limit=None):
        """One issue to every reader, from the command to its end."""
        self.add_articles()
        sink.ask("reset")
        cpu = self.cpu_seconds()
        begun = time.time()
        issue = self.call("digest", "send", "bench/round", "--now").split()[0]
        seen, is_cut_short = self.wait(sink, readers, limit)
        if not is_cut_short:
            ended = self.wait_for_end(issue, readers)
            # Mails that were sent again on the way are counted by the sink alone.
            seen = sink.ask("stats")
        mails = seen["accepted"]
        return {
            "mails": mails,
            "copies": max(0, mails - readers),
            "is_cut_short": is_cut_short,
            "per_second": (mails - 1) / (seen["last_at"] - seen["first_at"]),
            "per_second_from_start": mails / (seen["last_at"] - begun),
            "first_mail_seconds": seen["first_at"] - begun,
            "end_seconds": None if is_cut_short else ended - begun,
            "bytes_per_mail": seen["bytes"] / mails,
            "connections": seen["connections"],
            "cpu_microseconds_per_mail": (self.cpu_seconds() - cpu) / mails * 1e6,
            "peak_memory_mb": self.peak_memory_mb(),
        }

    def wait(self, sink, readers, limit):
        """Until every mail has arrived; asking the sink costs the product nothing."""
        stalls_at = time.time() + 180
        last = 0
        while True:
            seen = sink.ask("stats")
            if seen["accepted"] >= readers:
                return seen, False
            if seen["accepted"] > last:
                last, stalls_at = seen["accepted"], time.time() + 60
            if self.process.poll() is not None:
                raise Failed(f"serve has ended:\n{self.log()}")
            if time.time() > stalls_at:
                raise Failed(f"{seen['accepted']} of {readers} mails, and no more come:\n{self.log()}")
            if limit and last and time.time() > seen["first_at"] + limit:
                return seen, True
            time.sleep(0.05)

    def wait_for_end(self, issue, readers):
        deadline = time.time() + 60
        while time.time() < deadline:
            shown = json.loads(self.call("issue", "show", issue, "--json"))
            if shown["finished_at"]:
                if shown["state"] != "sent" or shown["counts"]["sent"] != readers:
                    raise Failed(f"the issue ended as {shown['state']}: {shown['counts']}")
                return datetime.fromisoformat(shown["finished_at"].replace("Z", "+00:00")).timestamp()
            time.sleep(0.1)
        raise Failed(f"every mail has arrived, but the issue does not end:\n{self.log()}")

    def cpu_seconds(self):
        """Of `serve` with all its threads; fields 14 and 15 of proc_pid_stat(5)."""
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_memory_mb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            line = next(line for line in file if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
