"""Verifies the mails that tests/it/dkim.rs wrote, with dkimpy, and sees to it that a changed mail
does not pass. Key records come from the same files, never from the network."""

import json
import pathlib
import re
import sys

import dkim


def resolver(records):
    def answer(name, timeout=5):
        name = name.decode() if isinstance(name, bytes) else name
        record = records.get(name.rstrip("."))
        return record.encode() if record else None

    return answer


def results(mail, count, dnsfunc):
    """Whether each signature of a mail holds."""

    def holds(index):
        try:
            return dkim.DKIM(mail).verify(idx=index, dnsfunc=dnsfunc)
        except dkim.DKIMException:
            return False

    return [holds(index) for index in range(count)]


def changed(mail):
    """The mail with one change each, and what was changed."""
    head, body = mail.split(b"\r\n\r\n", 1)
    end = b"\r\n\r\n"
    signatures = re.match(rb"(?:DKIM-Signature:.*\r\n(?:[ \t].*\r\n)*)+", mail)[0]
    fields = head[len(signatures) :]
    letter = re.search(rb"[a-z]", body)
    if letter:
        at = letter.start()
        flipped = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        yield "a byte of the body", head + end + flipped
        last = max(i for i, byte in enumerate(body) if byte not in b" \t\r\n")
        flipped = body[:last] + bytes([body[last] ^ 1]) + body[last + 1 :]
        yield "the last byte of the body", head + end + flipped
    yield "a line after the body", mail + b"more\r\n"
    for name in [b"Subject", b"To", b"Date", b"Message-ID", b"List-Unsubscribe",
                 b"List-Unsubscribe-Post", b"Content-Type"]:
        at = re.search(rb"^" + name + rb": *", fields, re.M)
        if at is None:
            assert name.startswith(b"List-Unsubscribe"), name
            continue
        put = fields[: at.end()] + b"x" + fields[at.end() :]
        yield name.decode(), signatures + put + end + body
        without = re.sub(rb"^" + name + rb":.*\r\n(?:[ \t].*\r\n)*", b"", fields + b"\r\n", flags=re.M)
        yield f"{name.decode()} taken away", signatures + without + b"\r\n" + body
    other = b"From: Somebody <else@evil.example>\r\n"
    yield "a second From above", signatures + other + fields + end + body
    yield "a second From below", signatures + fields + b"\r\n" + other + b"\r\n" + body
    yield "a From before all", other + mail


def harmless(mail):
    """Changes that relaxed canonicalisation lets pass."""
    head, body = mail.split(b"\r\n\r\n", 1)
    yield "a field in front", b"Received: from a by b\r\n" + mail
    if body.strip():
        yield "empty lines at the end", head + b"\r\n\r\n" + body.rstrip(b" \t\r\n") + b"\r\n\r\n\r\n"
    yield "spaces in a field", mail.replace(b"\r\nSubject: ", b"\r\nsubject:   ", 1)


def main(folder):
    mails = checks = 0
    wrong = []
    for group in sorted(pathlib.Path(folder).glob("*.json")):
        listed = json.loads(group.read_text())
        dnsfunc = resolver(listed["records"])
        for entry in listed["mails"]:
            mail = (group.parent / entry["file"]).read_bytes()
            count = entry["signatures"]
            mails += 1
            cases = [("nothing", mail, True)]
            cases += [(what, changed_mail, False) for what, changed_mail in changed(mail)]
            cases += [(what, changed_mail, True) for what, changed_mail in harmless(mail)]
            for what, case, expected in cases:
                checks += count
                found = results(case, count, dnsfunc)
                if found != [expected] * count:
                    wrong.append(f"{entry['file']}: {what} changed: {found}, expected {expected}")
    for line in wrong:
        print(line)
    print(f"{mails} mails, {checks} checks, {len(wrong)} wrong")
    if wrong or mails == 0:
        sys.exit(1)


main(sys.argv[1])
