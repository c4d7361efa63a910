"""A Postfix of our own: its configuration, queue, log, certificate and passwords lie in one folder
that is thrown away. It listens on loopback and delivers nothing to anybody
but the service."""

import base64
import os
import pathlib
import pwd
import re
import shutil
import smtplib
import socket
import ssl
import subprocess
import time

USER = "paperround@relay.example"
PASSWORD = "p:a@s/s %wörd"
PROGRAMS = {"postfix": "postfix", "postconf": "postfix", "saslpasswd2": "sasl2-bin", "openssl": "openssl"}
# Seconds, after which a Postfix ends by itself whose test was killed.
LONGEST_LIFE = 300

# Mail is taken under TLS from whoever signed in, and from nobody else; what is not by the book is
# refused rather than put right. Without in_flow_delay, since it is not the queue that is tried.
MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/log
maillog_file_prefixes = {home}
mail_owner = postfix
setgid_group = postdrop
myhostname = relay.example
mydestination =
mynetworks =
alias_maps =
alias_database =
local_recipient_maps =
inet_interfaces = loopback-only
inet_protocols = ipv4
default_transport = discard
relay_transport = discard
# What comes back goes to the service, and one domain has nobody: known only after a mail was taken.
transport_maps = inline:{{ {{bounces.ledger.example = lmtp:inet:127.0.0.1:{lmtp_port}}}, {{gone.example = error:5.1.1 no such user here}} }}
smtpd_reject_unlisted_recipient = no
enable_long_queue_ids = yes
in_flow_delay = 0
smtputf8_enable = yes

smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_tls_cert_file = {home}/certificate.pem
smtpd_tls_key_file = {home}/key.pem
smtpd_tls_loglevel = 1
smtpd_tls_session_cache_database =
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = relay.example
smtpd_sasl_security_options = noanonymous
cyrus_sasl_config_path = {home}/settings/sasl
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions =

smtpd_helo_required = yes
smtpd_helo_restrictions = reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname
smtpd_sender_restrictions = reject_non_fqdn_sender
smtpd_data_restrictions = reject_unauth_pipelining
smtpd_forbid_unauth_pipelining = yes
smtpd_forbid_bare_newline = yes
strict_rfc821_envelopes = yes
strict_8bitmime_body = yes
strict_mime_encoding_domain = yes
"""

# The second smtpd writes every command into the log and keeps the mails in the queue.
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{listening_port} inet n - n - - smtpd -v
  -o syslog_name=postfix/listening
  -o smtpd_recipient_restrictions=check_recipient_access,static:HOLD
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
lmtp unix - - n - - lmtp
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""

# Debian's Postfix looks for it in the folder of its configuration, wherever main.cf says.
SASL = """
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {home}/sasldb
mech_list: PLAIN LOGIN
"""


class Missing(Exception):
    """What keeps Postfix from being run here."""


def free_ports(count):
    """Ports of loopback that nobody listens on, each another one."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def check_machine():
    """Raises `Missing` unless everything is there."""
    os.environ["PATH"] += os.pathsep + "/usr/sbin"
    packages = {package for program, package in PROGRAMS.items() if not shutil.which(program)}
    if not any(pathlib.Path("/usr/lib").glob("**/sasl2/libplain.so*")):
        packages.add("libsasl2-modules")
    if packages:
        raise Missing(f"missing packages: {' '.join(sorted(packages))}; install them (tests/run does, as root on Debian)")
    if os.geteuid() != 0:
        raise Missing("Postfix starts as root only, since its parts give up root one by one; run this as root")


class Postfix:
    """Runs while it is used as a context."""

    def __init__(self, home):
        self.home = pathlib.Path(home)
        self.port, self.listening_port, self.lmtp_port = free_ports(3)
        self.settings = self.home / "settings"
        self.log_file = self.home / "log"
        self.certificate = self.home / "certificate.pem"
        self.master = None

    def __enter__(self):
        self._write()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def _write(self):
        owner = pwd.getpwnam("postfix")
        # Its parts run as the user postfix and pass through to the queue.
        self.home.mkdir(mode=0o755)
        for folder in ("settings", "settings/sasl", "queue", "data"):
            (self.home / folder).mkdir(mode=0o755)
        os.chown(self.home / "data", owner.pw_uid, owner.pw_gid)
        ports = {"port": self.port, "listening_port": self.listening_port, "lmtp_port": self.lmtp_port}
        places = {"home": self.home, **ports}
        (self.settings / "main.cf").write_text(MAIN.format(**places))
        (self.settings / "master.cf").write_text(MASTER.format(**places))
        (self.settings / "sasl/smtpd.conf").write_text(SASL.format(**places))
        passwords = self.home / "sasldb"
        user, realm = USER.split("@")
        self._call(["saslpasswd2", "-f", passwords, "-c", "-p", "-u", realm, user], input=PASSWORD.encode())
        os.chown(passwords, owner.pw_uid, owner.pw_gid)
        # For the name localhost alone, so that 127.0.0.1 is another name.
        self._call(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
            + ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
            + ["-addext", "basicConstraints=critical,CA:FALSE"]
            + ["-keyout", self.home / "key.pem", "-out", self.certificate]
        )

    def _start(self):
        # Makes the folders of the queue.
        self._call(["postfix", "-c", self.settings, "check"])
        daemons = self._call(["postconf", "-c", self.settings, "-xh", "daemon_directory"]).strip()
        self.master = subprocess.Popen(
            [f"{daemons}/master", "-c", self.settings, "-s", "-e", str(LONGEST_LIFE)],
            stdin=subprocess.DEVNULL,
            cwd="/",
        )
        for port in (self.port, self.listening_port):
            self._greeting(port)

    def _greeting(self, port):
        """Waits for the first words."""
        limit = time.monotonic() + 20
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=20) as talk:
                    hello = talk.recv(100)
                    # Whoever leaves without QUIT is in the log as a lost connection.
                    talk.sendall(b"QUIT\r\n")
                    talk.recv(100)
                if not hello.startswith(b"220 relay.example"):
                    raise RuntimeError(f"Postfix greets with {hello!r}")
                return
            except ConnectionError:
                if self.master.poll() is not None or time.monotonic() > limit:
                    raise RuntimeError(f"Postfix did not start:\n{self.log()}") from None
                time.sleep(0.05)

    def stop(self):
        """Ends it with all that it started."""
        if self.master is None or self.master.poll() is not None:
            return
        subprocess.run(["postfix", "-c", self.settings, "stop"], capture_output=True, check=False)
        try:
            self.master.wait(10)
        except subprocess.TimeoutExpired:
            self.master.kill()
            self.master.wait()

    def submit(self, sender, recipient, text):
        """Hands a mail over as a reader's mail program would."""
        tls = ssl.create_default_context(cafile=self.certificate)
        with smtplib.SMTP("localhost", self.port, local_hostname="mail.inbox.example", timeout=20) as talk:
            talk.starttls(context=tls)
            talk.ehlo()
            # Python's own sign-in knows ASCII alone.
            secret = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
            code, said = talk.docmd("AUTH", f"PLAIN {secret}")
            if code != 235:
                raise RuntimeError(f"Postfix refuses the sign-in: {said!r}")
            talk.sendmail(sender, [recipient], text)

    def _call(self, command, **more):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, cwd="/", **more)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} failed: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode(errors="replace")

    def log(self, since=0):
        """The log from a place on."""
        if not self.log_file.exists():
            return ""
        with self.log_file.open("rb") as file:
            file.seek(since)
            return file.read().decode(errors="replace")

    def here(self):
        """Where the log ends now."""
        return self.log_file.stat().st_size if self.log_file.exists() else 0

    def log_with(self, pattern, count, since, seconds=20):
        """The log from a place on, as soon as a pattern is in it so many times."""
        limit = time.monotonic() + seconds
        while True:
            text = self.log(since)
            if len(re.findall(pattern, text)) >= count or time.monotonic() > limit:
                return text
            time.sleep(0.1)

    def held(self, queue_id):
        """A mail on hold: its envelope as Postfix keeps it, and its text."""
        return tuple(self._call(["postcat", "-c", self.settings, "-q", part, queue_id]) for part in ("-e", "-hb"))
