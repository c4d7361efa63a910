"""The figures as a table in Markdown."""

import os
import platform
import subprocess
import time
from statistics import median

from workshop import ROOT


def machine(shop):
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "cpu": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "load_before": os.getloadavg()[0],
        "program": str(shop.program),
        "commit": commit.stdout.strip() or "unknown",
    }


def headline(facts):
    return (f"{facts['date']}, {facts['cores']} cores of {facts['cpu']}, Linux {facts['kernel']}, "
            f"load before {facts['load_before']:.1f}, commit {facts['commit']}")


def spread(values, form="{:,.0f}"):
    low, middle, high = (form.format(v) for v in (min(values), median(values), max(values)))
    return middle if low == high else f"{middle} ({low} to {high})"


def ratio(values):
    return spread(values, "{:.2f}")


def table(facts, results, o):
    lines = ["", headline(facts) + ".", ""]
    compared = [r for r in results if r["case"] not in ("ceiling", "million-sqlite", "million-postgres")]
    if compared:
        lines += [
            f"Median of the rounds (lowest to highest), {o.rounds} in all; mails a second from the first to the last.",
            "",
            "| case | readers | product | against | ratio | from the command | first mail after | CPU a mail |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for result in compared:
            lines += compare(result)
        lines += [""] + footnotes(compared)
    for result in results:
        if result["case"] == "ceiling" and "missing" not in result:
            lines += sink_line(result)
    large = [r for r in results if r["case"].startswith("million")]
    if large:
        lines += [
            "",
            "| database | readers | import | its memory | first mail after | mails a second | memory of serve | CPU a mail |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for result in large:
            lines += growth(result)
    return "\n".join(lines)


def first_line(text):
    return text.splitlines()[0].replace("|", "/")


def compare(result):
    if "missing" in result:
        return [f"| {result['case']} | | {first_line(result['missing'])} | | | | | |"]
    rounds = result["rounds"]
    ours = [r["product"]["per_second"] for r in rounds]
    first = spread([r["product"]["first_mail_seconds"] for r in rounds], "{:.2f}")
    cpu = spread([r["product"]["cpu_microseconds_per_mail"] for r in rounds])
    rows = []

    def row(name, theirs, whole):
        shares = ratio([a / b for a, b in zip(ours, theirs)])
        rows.append(f"| {result['case']} | {result['readers']:,} | {spread(ours)} | {name} {spread(theirs)} |"
                    f" {shares} | {whole} | {first} s | {cpu} µs |")

    whole = [r["product"]["per_second_from_start"] / r["smtp_source"]["per_second_from_start"] for r in rounds]
    row("smtp-source", [r["smtp_source"]["per_second"] for r in rounds], ratio(whole))
    if "rsa_signs_per_second" in rounds[0]:
        signs = [r["rsa_signs_per_second"] for r in rounds]
        whole = [r["product"]["per_second_from_start"] / r["rsa_signs_per_second"] for r in rounds]
        row(f"openssl speed -multi {os.cpu_count()} rsa2048", signs, ratio(whole))
    return rows


def footnotes(compared):
    rounds = [r for result in compared for r in result.get("rounds", [])]
    if not rounds:
        return []
    ours = median(r["product"]["bytes_per_mail"] for r in rounds)
    theirs = median(r["smtp_source"]["bytes_per_mail"] for r in rounds)
    copies = sum(r["product"]["copies"] for r in rounds)
    return [
        f"A mail of the product has {ours:,.0f} bytes, one of smtp-source {theirs:,.0f}. {copies:,} copies. "
        "CPU is that of `serve`; PostgreSQL's own is not in it."
    ]


def sink_line(result):
    rounds = result["rounds"]
    blast = spread([r["blast_per_second"] for r in rounds])
    cpu = spread([r["sink_cpu_microseconds_per_mail"] for r in rounds], "{:.1f}")
    source = spread([r["smtp_source"]["per_second"] for r in rounds])
    share = ratio([r["blast_per_second"] / r["smtp_source"]["per_second"] for r in rounds])
    return [f"The sink takes {blast} mails a second from a sender that waits for no reply, {cpu} µs of CPU a mail; "
            f"smtp-source sends it {source}: {share} times as many."]


def growth(result):
    if "missing" in result:
        return [f"| {result['case']} | | {first_line(result['missing'])} | | | | | |"]
    rows = []
    for size in (result["small"], result["large"]):
        took = f"{size['import_seconds']:.1f} s"
        rate = f"{size['per_second']:,.0f}"
        if size["is_cut_short"]:
            rate += f" (cut short after {size['mails']:,})"
        rows.append(f"| {result['case'].removeprefix('million-')} | {size['readers']:,} | {took} |"
                    f" {size['import_memory_mb']:.0f} MB | {size['first_mail_seconds']:.2f} s | {rate} | {size['peak_memory_mb']:.0f} MB |"
                    f" {size['cpu_microseconds_per_mail']:.0f} µs |")
    return rows
