#!/usr/bin/env python3
"""Runs the peers on private servers; `ops/bench --peers` calls it."""
import argparse
import os
import signal
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(HERE, "..", "..", "..", ".build", "peers")
TICKS = os.sysconf("SC_CLK_TCK")


class Peer:
    """A peer in one way of running it. `command` is what a user would start; `{c}` is the concurrency."""

    def __init__(self, name, script, command, concurrency, processes=1, mode="each", copies=1):
        self.name, self.script, self.command = name, script, command
        self.concurrency, self.processes, self.mode, self.copies = concurrency, processes, mode, copies

    @property
    def title(self):
        parts = [f"{self.processes * self.copies} process" + ("es" if self.processes * self.copies > 1 else "")]
        if self.concurrency > 1:
            parts.append(f"{self.concurrency} at a time")
        return f"{self.name}, {'batches of 1,000' if self.mode == 'batch' else 'once an event'}, {', '.join(parts)}"

    @property
    def missing(self):
        program = self.command[0]
        path = os.path.join(VENV, "bin", program)
        if os.path.exists(path):
            return None
        for folder in os.environ["PATH"].split(":"):
            if program == "sidekiq" and os.access(os.path.join(folder, program), os.X_OK):
                return None
        return f"{program} is not installed"

    def arguments(self):
        return [part.format(c=self.concurrency, p=self.processes) for part in self.command]


PEERS = [
    Peer("FastStream", "peer_faststream.py", ["faststream", "run", "peer_faststream:app"], 16, copies=n) for n in (1, 2)
] + [
    Peer("FastStream", "peer_faststream.py", ["faststream", "run", "peer_faststream:app"], 1, mode="batch", copies=n)
    for n in (1, 2)
] + [
    Peer(
        "taskiq", "peer_taskiq.py",
        ["taskiq", "worker", "--workers", "{p}", "--max-async-tasks", "{c}", "--max-prefetch", "100", "--ack-type",
         "when_executed", "--log-level", "ERROR", "peer_taskiq:broker"], 16, processes=n,
    ) for n in (1, 2)
] + [
    Peer("Dramatiq", "peer_dramatiq.py",
         ["dramatiq", "--processes", "{p}", "--threads", "{c}", "peer_dramatiq"], 8, processes=n) for n in (1, 2)
] + [
    Peer("Celery", "peer_celery.py",
         ["celery", "-A", "peer_celery", "worker", "--pool", "prefork", "-c", "{p}", "-l", "ERROR", "--without-gossip",
          "--without-mingle", "--without-heartbeat"], 1, processes=n) for n in (2, 4)
] + [
    Peer("arq", "peer_arq.py", ["arq", "peer_arq.WorkerSettings"], 32, copies=n) for n in (1, 2)
] + [
    Peer("Sidekiq", "peer_sidekiq.rb", ["sidekiq", "-r", "./peer_sidekiq.rb", "-c", "{c}"], 10, copies=n)
    for n in (1, 2)
]


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            direct = [int(child) for child in file.read().split()]
    except OSError:
        return []
    return direct + [deeper for child in direct for deeper in children(child)]


def usage(pids):
    """CPU seconds and peak memory in bytes of the processes and their children."""
    cpu = memory = 0
    for pid in {every for pid in pids for every in [pid, *children(pid)]}:
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            cpu += (int(fields[11]) + int(fields[12])) / TICKS
            with open(f"/proc/{pid}/status", encoding="utf-8") as file:
                memory += sum(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))
        except OSError:
            pass
    return cpu, memory


class Servers:
    def __init__(self, program):
        self.process = subprocess.Popen([program, "servers"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.redis, _, self.postgres, _ = (int(part) for part in self.process.stdout.readline().split())

    def sql(self, text, database="postgres"):
        done = subprocess.run(
            ["psql", "-X", "-q", "-At", "-F", " ", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p",
             str(self.postgres), "-U", "postgres", "-d", database, "-c", text],
            capture_output=True, text=True, check=False,
        )
        if done.returncode != 0:
            sys.exit(f"ops/bench: psql: {done.stderr.strip()}")
        return done.stdout.strip()

    def fresh(self):
        subprocess.run(["redis-cli", "-p", str(self.redis), "FLUSHALL"], check=True, stdout=subprocess.DEVNULL)
        self.sql("DROP DATABASE IF EXISTS run WITH (FORCE)")
        self.sql("CREATE DATABASE run TEMPLATE template")
        self.sql("CHECKPOINT")

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def stop(process):
    """Ends a peer and what it has started: it leads a group of its own."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=8)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
    process.wait()


def measure(peer, servers, events):
    servers.fresh()
    environment = {
        **os.environ,
        "PATH": f"{os.path.join(VENV, 'bin')}:{os.environ['PATH']}",
        "PEERS_POSTGRES": f"postgresql://postgres@127.0.0.1:{servers.postgres}/run",
        "PEERS_REDIS": f"redis://127.0.0.1:{servers.redis}/0",
        "PEERS_MODE": peer.mode,
        "PEERS_CONCURRENCY": str(peer.concurrency),
        "PYTHONPATH": HERE,
    }
    if peer.script.endswith(".rb"):
        fill, extra = ["ruby", peer.script], {"PEERS_FILL": str(events)}
    else:
        fill, extra = [os.path.join(VENV, "bin", "python"), peer.script, str(events)], {}
    done = subprocess.run(fill, cwd=HERE, env={**environment, **extra}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None, done.stderr.strip().splitlines()[-1:] or ["it could not be filled"]
    workers = [
        subprocess.Popen(peer.arguments(), cwd=HERE, env=environment, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL, start_new_session=True)
        for _ in range(peer.copies)
    ]
    try:
        deadline = time.monotonic() + 120
        before, count = None, 0
        while count < events:
            if time.monotonic() > deadline:
                return None, [f"only {count} of {events} events took effect in two minutes"]
            if all(worker.poll() is not None for worker in workers):
                return None, ["its workers ended"]
            time.sleep(0.1)
            count = int(servers.sql("SELECT count(*) FROM ledger", "run"))
            if before is None and count > 0:
                before = (usage([worker.pid for worker in workers])[0], count)
        cpu, memory = usage([worker.pid for worker in workers])
    finally:
        for worker in workers:
            stop(worker)
    balanced = servers.sql("SELECT (SELECT sum(amount) FROM ledger) = (SELECT sum(balance) FROM accounts)", "run")
    if balanced != "t":
        return None, ["its effect is wrong"]
    # By the times that Postgres gave the commits, without the first one's events.
    first, seconds = servers.sql(
        "WITH c AS (SELECT pg_xact_commit_timestamp(xmin) AS at, count(*) AS n FROM ledger GROUP BY 1) "
        "SELECT (SELECT n FROM c ORDER BY at LIMIT 1), extract(epoch FROM max(at) - min(at)) FROM c", "run"
    ).split()
    rate = (events - int(first)) / max(float(seconds), 1e-6)
    spent = (cpu - before[0]) / max(events - before[1], 1) * 1000 if events > before[1] else 0
    return (rate, spent, memory), None


def say(text):
    """A line that the next one takes the place of; on a terminal only."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def main():
    # So that servers and workers are ended on a signal too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    parser = argparse.ArgumentParser(prog="ops/bench --peers", description=__doc__)
    parser.add_argument("--servers", required=True)
    parser.add_argument("--results", required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--events", type=int)
    options = parser.parse_args()
    subprocess.run([os.path.join(HERE, "install")], check=True)
    chosen = [peer for peer in PEERS if not options.only or any(o.lower() in peer.title.lower() for o in options.only)]
    if not chosen:
        sys.exit("ops/bench: no peer is named so: " + ", ".join(sorted({peer.name for peer in PEERS})))
    servers = Servers(options.servers)
    rows, missing = [], {}
    try:
        for peer in chosen:
            if peer.missing:
                missing[peer.name] = peer.missing
                continue
            events = options.events or (100_000 if peer.mode == "batch" else 8_000)
            if options.quick:
                events = 2_000
            runs = []
            for turn in range(1 if options.quick else options.pairs):
                say(f"{peer.title}, run {turn + 1}")
                result, problem = measure(peer, servers, events)
                if problem:
                    missing[peer.title] = problem[0]
                    break
                runs.append(result)
            if not runs:
                continue
            rates = [run[0] for run in runs]
            rows.append(
                f"| {peer.title} | {statistics.median(rates):,.0f} ({min(rates):,.0f}–{max(rates):,.0f}) | "
                f"{statistics.median(run[1] for run in runs) * 1000:.0f} | {max(run[2] for run in runs) / 2**20:.0f} |"
            )
            say("")
            print(rows[-1], flush=True)
    finally:
        servers.end()
        finish(rows, missing, options)


def finish(rows, missing, options):
    """Says what could not be run, and writes down what could."""
    say("")
    for name, reason in missing.items():
        print(f"not measured: {name}: {reason}")
    if options.quick or not rows:
        return
    table = "\n".join(["| peer | events/s | CPU, ms per 1,000 | memory, MiB |", "| --- | --- | --- | --- |", *rows])
    if missing:
        table += "\n\nNot measured: " + "; ".join(f"{name} ({reason})" for name, reason in missing.items()) + "."
    table += f"\n\nMeasured by `ops/bench --peers`, {options.pairs} run(s) each, on the machine above."
    write(options.results, table)


def write(path, table):
    """Puts the table into the results, at their end or in the place of the last one."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except FileNotFoundError:
        text = "# Results\n"
    before, _, rest = text.partition("\n## Peers\n")
    after = rest[rest.find("\n## "):] if "\n## " in rest else ""
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{before.rstrip()}\n\n## Peers\n\n{table}\n{after}")


if __name__ == "__main__":
    main()
