"""What the benchmark stands on: programs, a throw-away folder, servers, and their end."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "target" / "bench"
CONNECTIONS = 10


class Failed(Exception):
    """The benchmark cannot go on."""


class Skipped(Exception):
    """A case cannot be measured here."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def call(words, *, okay=(0,), **more):
    """Runs a program to its end and returns what it printed."""
    ended = subprocess.run([str(word) for word in words], capture_output=True, text=True, **more)
    if ended.returncode not in okay:
        last = (ended.stderr.strip() or ended.stdout.strip()).splitlines()[-1:]
        raise Failed(f"{' '.join(str(w) for w in words)}: exit {ended.returncode}: {' '.join(last)}")
    return ended.stdout


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Workshop:
    """Use with `with`: what was started is stopped and what was made is removed, also on Ctrl-C."""

    def __init__(self, options):
        self.options = options
        self.undo = []
        self.postgres = None

    def __enter__(self):
        def leave(number, _frame):
            # Once is enough; the tidying up shall not be interrupted.
            for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(s, signal.SIG_IGN)
            raise KeyboardInterrupt(number)

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, leave)
        self.home = Path(tempfile.mkdtemp(prefix="paperround-bench-", dir=self.options.folder))
        self.remove_later(self.home)
        try:
            # PostgreSQL, as another user, must be able to walk through.
            self.home.chmod(0o711)
            BUILT.mkdir(parents=True, exist_ok=True)
            self.program = self.build()
            self.sink_program = self.build_sink()
        except BaseException:
            self.tidy()
            raise
        return self

    def __exit__(self, *_):
        self.tidy()
        if self.options.keep:
            say(f"kept: {self.home}")

    @contextmanager
    def case(self, name):
        """A folder for one case, whose servers end with it: they would disturb the next."""
        before = len(self.undo)
        self.folder = self.home / name
        self.folder.mkdir()
        self.folder.chmod(0o711)
        self.remove_later(self.folder)
        self.postgres = None
        try:
            yield
        finally:
            self.tidy(before)

    def remove_later(self, folder):
        if not self.options.keep:
            self.undo.append(lambda: shutil.rmtree(folder, ignore_errors=True))

    def tidy(self, down_to=0):
        while len(self.undo) > down_to:
            try:
                self.undo.pop()()
            except Exception as why:  # the rest must be tidied up too
                say(f"tidying up: {why}")

    def build(self):
        if self.options.binary:
            return Path(self.options.binary).resolve()
        say("building the program")
        if subprocess.run(["cargo", "build", "--release", "--locked", "--bin", "paperround"], cwd=ROOT).returncode:
            raise Failed("the program does not build")
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        return target / "release" / "paperround"

    def build_sink(self):
        sink = BUILT / "sink"
        sources = list((ROOT / "benches/delivery/sink").glob("*.rs"))
        if not sink.exists() or sink.stat().st_mtime < max(s.stat().st_mtime for s in sources):
            say("building the sink")
            # Without cargo, which would build the program's libraries a second time.
            main = ROOT / "benches/delivery/sink/main.rs"
            call(["rustc", "--edition", "2024", "-C", "opt-level=3", "-o", sink, main])
        return sink

    def start(self, words, log, **more):
        """A server in a process group of its own, so that Ctrl-C reaches it through us alone."""
        with open(log, "ab") as out:
            process = subprocess.Popen([str(w) for w in words], stderr=out, start_new_session=True, **more)
        self.undo.append(lambda: end(process))
        return process

    def database(self, kind, name):
        """The address of an empty database."""
        if kind == "sqlite":
            return f"sqlite://{self.folder / name}-database.db"
        if self.postgres is None:
            self.postgres = Postgres(self)
        return self.postgres.create(name)


def end(process, seconds=40):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode


class Sink:
    """Our SMTP server."""

    def __init__(self, shop, *flags):
        log = shop.folder / "sink.log"
        self.process = shop.start([shop.sink_program, *flags], log, stdout=subprocess.PIPE, text=True)
        words = self.process.stdout.readline().split()
        if not words:
            raise Failed(f"the sink does not start: {log.read_text()}")
        self.address = words[1]
        host, port = words[3].rsplit(":", 1)
        self.control = socket.create_connection((host, int(port)))
        self.lines = self.control.makefile("rw")

    def ask(self, word):
        self.lines.write(word + "\n")
        self.lines.flush()
        return json.loads(self.lines.readline())

    def stop(self):
        report = self.ask("stop")
        self.control.close()
        self.process.wait(10)
        return report


class Postgres:
    """A server of our own, as it comes: fsync is on and nothing is tuned."""

    def __init__(self, shop):
        self.bin = find_postgres()
        self.data = shop.folder / "postgres-data"
        self.data.mkdir()
        self.port = free_port()
        if os.getuid() == 0:
            shutil.chown(self.data, "postgres")
        self.control("initdb", "-U", "paperround", "-A", "trust", "-E", "UTF8")
        serve = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories="
        shop.undo.append(self.stop)
        self.control("pg_ctl", "-w", "-s", "-l", self.data / "log", "-o", serve, "start")

    def control(self, tool, *words):
        # PostgreSQL refuses to run as root.
        before = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        # Without pipes: the server would keep them open.
        words = [*before, self.bin / tool, "-D", self.data, *words]
        if subprocess.run([str(w) for w in words], cwd="/", stdout=subprocess.DEVNULL).returncode:
            raise Failed(f"{tool} failed; its log is {self.data / 'log'} (see --keep)")

    def stop(self):
        if (self.data / "postmaster.pid").exists():
            self.control("pg_ctl", "-m", "immediate", "-s", "stop")

    def create(self, name):
        # Not the name alone: a database "postgres" is there already.
        name = "bench_" + name.replace("-", "_")
        url = f"postgres://paperround@127.0.0.1:{self.port}"
        call([self.bin / "psql", "-q", "-c", f"CREATE DATABASE {name}", f"{url}/postgres"])
        return f"{url}/{name}"


def find_postgres():
    """The newest server that Debian's packages installed, else one on the path."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[4]))
    if folders:
        return folders[-1].parent
    found = shutil.which("initdb")
    if not found:
        raise Skipped("no PostgreSQL here (Debian: postgresql, postgresql-contrib)")
    return Path(found).resolve().parent


def find_smtp_source():
    """The program and the environment that it runs in."""
    found = shutil.which("smtp-source", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found:
        return Path(found), dict(os.environ)
    folder = unpacked("postfix", "usr/sbin/smtp-source")
    return folder / "usr/sbin/smtp-source", {**os.environ, "LD_LIBRARY_PATH": str(folder / "usr/lib/postfix")}


def find_wrk():
    return Path(shutil.which("wrk") or unpacked("wrk", "usr/bin/wrk") / "usr/bin/wrk")


def unpacked(package, program):
    """A folder with a package of Debian's. Unpacked, not installed: no server may start here."""
    folder = BUILT / package
    if (folder / program).exists():
        return folder
    if not shutil.which("apt-get"):
        raise Failed(f"{Path(program).name} is missing; it is in Debian's package {package}")
    say(f"unpacking Debian's package {package}")
    try:
        call(["apt-get", "download", package], cwd=BUILT)
    except Failed:
        call(["apt-get", "update", "-qq"])
        call(["apt-get", "download", package], cwd=BUILT)
    call(["dpkg", "-x", sorted(BUILT.glob(f"{package}_*.deb"))[-1], folder])
    return folder


def smtp_source(sink, messages, length=30_000):
    """One round of smtp-source: mails a second between the first and the last, and from its start."""
    program, env = find_smtp_source()
    sink.ask("reset")
    begun = time.time()
    call([program, "-d", "-s", CONNECTIONS, "-m", messages, "-l", length,
          "-f", "news@bench.example", "-t", "reader@bench.example", sink.address], env=env)
    seen = sink.ask("stats")
    if seen["accepted"] != messages:
        raise Failed(f"smtp-source sent {seen['accepted']} of {messages} mails")
    return {
        "per_second": (messages - 1) / (seen["last_at"] - seen["first_at"]),
        "per_second_from_start": messages / (seen["last_at"] - begun),
        "bytes_per_mail": seen["bytes"] / messages,
    }


def openssl_rsa():
    """RSA-2048 signatures a second on all cores."""
    cores = os.cpu_count()
    text = call(["openssl", "speed", "-seconds", "3", "-multi", cores, "rsa2048"])
    found = re.search(r"^rsa\s+2048 bits\s+\S+\s+\S+\s+([\d.]+)", text, re.M)
    if not found:
        raise Failed("openssl speed prints something new")
    return float(found.group(1))
