"""How long failovers keep events from taking effect. Run by `ops/bench --standstill`."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile

# The tests that say how their fault is called.
TESTS = (
    "[.](ClusterTrafficTests|FailoverTests|PostgresFailoverTests)/(eventsTakeEffectOnceAndInOrder(OverTheDeathOfAMaster"
    "|OverAMasterThatFreezes|OverAPlannedFailover|OverTheRestartOfAllNodes|WhileTheirStreamsMove|WhereAReplicaThatLacks"
    "|OverAFailover|WhenAStandbyIsPromoted)|whileAShardIsAway|aStreamThatIsLost|theSameBehindAnAddressThatMoves)"
)
COLUMNS = ("before the fault", "the servers alone", "least hit partition", "most hit partition")
# The most that events may stand still in the most hit partition beyond what the servers alone need, in seconds, and that of the
# machine: ten times the longest time without an effect before the fault. By a word of the fault; the first that fits.
# A frozen primary of Postgres costs reply_timeout, and connect_timeout once or twice.
BOUNDS = {"Postgres: the primary is frozen": 11, "is frozen": 8, "planned": 1, "": 3}


def bound(fault):
    return next(seconds for word, seconds in BOUNDS.items() if word in fault)


def exceeds(fault, figures):
    """Whether a run stood still for longer than it may. A move of streams has no servers that are away: each waits for its turn."""
    calm, servers, _, most = figures
    return servers is not None and most > servers + bound(fault) + 10 * calm


def measure(runs):
    """The figures of each fault, in the order in which they came: a list of rows of seconds, or None where there is none."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "standstill")
        for run in range(1, runs + 1):
            print(f"standstill: {run} of {runs}", file=sys.stderr)
            command = ["swift", "test", "--skip-build", "--no-parallel", "--filter", TESTS]
            done = subprocess.run(
                command, env={**os.environ, "PERCH_STANDSTILL": path}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            if done.returncode != 0:
                sys.stderr.buffer.write(done.stdout)
                sys.exit("ops/bench: a test of failovers failed; its text is above")
        if not os.path.exists(path):
            sys.exit("ops/bench: no test told how long events stood still")
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                fault, *figures = line.rstrip("\n").split("\t")
                found.setdefault(fault, []).append([None if figure == "-" else float(figure) for figure in figures])
    return found


def cell(values):
    """`1.20 (1.10–1.50)`"""
    values = [value for value in values if value is not None]
    if not values:
        return "–"
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=3)
    runs = parser.parse_args().pairs
    found = measure(runs)
    print(f"Seconds without an effect in a partition, median (least–most) of {runs} runs\n")
    print("| fault | " + " | ".join(COLUMNS) + " | most beyond the servers |")
    print("|" + " --- |" * (len(COLUMNS) + 2))
    for fault, rows in sorted(found.items()):
        print(f"| {fault} | " + " | ".join(cell(column) for column in zip(*rows)) + f" | {bound(fault)} |")
    beyond = [fault for fault, rows in sorted(found.items()) if any(exceeds(fault, row) for row in rows)]
    if beyond:
        sys.exit("ops/bench: events stood still for longer than they may: " + "; ".join(beyond))


main()
