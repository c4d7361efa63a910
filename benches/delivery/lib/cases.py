"""The cases: what is measured against what."""

import json

from product import Service
from workshop import Sink, call, openssl_rsa, say, smtp_source


def alternate(shop, o, name, *, database="sqlite", dkim=None, flags=(), chunking=True, readers=None, rsa=False):
    """Rounds of the product and of smtp-source against one sink."""
    readers = readers or o.readers
    sink = Sink(shop, *flags, *(["--chunking"] if chunking else []))
    service = Service(shop, name, shop.database(database, name), sink, dkim)
    service.prepare(readers)
    service.start()
    rounds = []
    for number in range(1, o.rounds + 1):
        one = {"product": service.send(sink, readers), "smtp_source": smtp_source(sink, readers)}
        if rsa:
            one["rsa_signs_per_second"] = openssl_rsa()
        rounds.append(one)
        ours, theirs = one["product"]["per_second"], one["smtp_source"]["per_second"]
        line = f"   round {number}: {ours:.0f}/s, smtp-source {theirs:.0f}/s, ratio {ours / theirs:.2f}"
        if rsa:
            signs = one["rsa_signs_per_second"]
            line += f"; openssl {signs:.0f}/s, ratio {ours / signs:.2f}"
        say(line)
    service.stop()
    sink.stop()
    return {"readers": readers, "rounds": rounds}


def sqlite(shop, o):
    """no DKIM, SQLite"""
    return alternate(shop, o, "sqlite")


def postgres(shop, o):
    """no DKIM, PostgreSQL"""
    return alternate(shop, o, "postgres", database="postgres")


def ed25519(shop, o):
    """one Ed25519 signature a mail, SQLite"""
    return alternate(shop, o, "ed25519", dkim="ed25519-sha256")


def rsa(shop, o):
    """one RSA-2048 signature a mail, SQLite"""
    return alternate(shop, o, "rsa", dkim="rsa-sha256", rsa=True)


def slow(shop, o):
    """every reply takes 20 ms, SQLite"""
    return alternate(shop, o, "slow", flags=("--latency-ms", "20"), readers=o.slow_readers)


def sqlite_data(shop, o):
    """the relay does not offer CHUNKING, SQLite"""
    return alternate(shop, o, "sqlite-data", chunking=False)


def slow_data(shop, o):
    """every reply takes 20 ms and CHUNKING is not offered, SQLite"""
    flags = ("--latency-ms", "20")
    return alternate(shop, o, "slow-data", flags=flags, chunking=False, readers=o.slow_readers)


def growth(shop, o, database):
    """One issue to ten thousand and one to a million, each in a database and process of its own."""
    sizes = {}
    for label, readers in (("small", 10_000), ("large", o.million)):
        name = f"{label}-{database}"
        sink = Sink(shop, "--chunking")
        service = Service(shop, name, shop.database(database, name), sink)
        cost = service.prepare(readers)
        say(f"   {readers} readers imported in {cost['import_seconds']:.1f} s")
        service.start()
        sent = service.send(sink, readers, o.limit)
        service.stop()
        sink.stop()
        sizes[label] = {"readers": readers, **cost, **sent}
        say(f"   first mail after {sent['first_mail_seconds']:.2f} s, {sent['per_second']:.0f}/s,"
            f" peak memory {sent['peak_memory_mb']:.0f} MB, {sent['cpu_microseconds_per_mail']:.0f} us of CPU a mail")
    return sizes


def million_sqlite(shop, o):
    """10,000 and 1,000,000 readers on SQLite"""
    return growth(shop, o, "sqlite")


def million_postgres(shop, o):
    """10,000 and 1,000,000 readers on PostgreSQL"""
    return growth(shop, o, "postgres")


def ceiling(shop, o):
    """what the sink itself can take"""
    sink = Sink(shop)
    rounds = []
    for _ in range(o.rounds):
        before = sink.ask("reset")["cpu_seconds"]
        blast = json.loads(call([shop.sink_program, "--blast", sink.address, "--messages", 200_000]))
        after = sink.ask("stats")
        rounds.append({
            "blast_per_second": blast["per_second"],
            "sink_cpu_microseconds_per_mail": (after["cpu_seconds"] - before) / after["accepted"] * 1e6,
            "smtp_source": smtp_source(sink, o.readers),
        })
        say(f"   {blast['per_second']:.0f}/s")
    sink.stop()
    return {"rounds": rounds}


ALL = {
    "ceiling": ceiling,
    "sqlite": sqlite,
    "postgres": postgres,
    "ed25519": ed25519,
    "rsa": rsa,
    "slow": slow,
    "sqlite-data": sqlite_data,
    "slow-data": slow_data,
    "million-sqlite": million_sqlite,
    "million-postgres": million_postgres,
}
LARGE = ("million-sqlite", "million-postgres")
