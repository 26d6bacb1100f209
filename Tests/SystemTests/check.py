#!/usr/bin/env python3
"""Checks that every committed event took effect exactly once, in order: see --help.

It shares no code with the system. It reads the SQL views that are part of the contract (perch.published of each
database, reporting.*) by psql and the streams by redis-cli, and works out by itself what must be there.
"""
import argparse
import csv
import io
import json
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone

EPILOG = """
The system has to be at rest: what is still on its way counts as lost (--wait waits for it).

Columns: attempted is what must be there; ok of them are there, once, as they must be; lost are not there; unexpected
are there without a cause; duplicated are there more than once; reordered are out of order; wrong have other contents.

exit codes: 0 all is as it must be; 1 a violation, the first examples are shown; 2 something could not be read.

example: check.py --auth-url postgresql://localhost/auth --tracker-url postgresql://localhost/tracker \\
             --accounting-url postgresql://localhost/accounting --redis-port 6379 --wait 30
"""

KINDS = ("lost", "unexpected", "duplicated", "reordered", "wrong")
EXAMPLES = 3
# The groups that the contract declares, by topic: streams/*.yaml.
GROUPS = {
    "users": {"tracker", "accounting", "analytics"}, "tickets": {"accounting", "analytics"},
    "ticket-money": {"analytics"}, "wages": {"accounting", "analytics"},
}


class Unreadable(Exception):
    pass


class Tally:
    """One line of the report."""

    def __init__(self, name):
        self.name, self.attempted, self.ok = name, 0, 0
        self.counts, self.examples = Counter(), defaultdict(list)

    def violation(self, kind, example):
        self.counts[kind] += 1
        if len(self.examples[kind]) < EXAMPLES:
            self.examples[kind].append(example)

    def expect(self, is_ok, kind, example):
        self.attempted += 1
        if is_ok:
            self.ok += 1
        else:
            self.violation(kind, example)

    @property
    def failed(self):
        return sum(self.counts.values()) > 0


# MARK: Reading

def run(arguments, environment=None):
    try:
        done = subprocess.run(
            arguments, capture_output=True, timeout=120, check=False, env={**os.environ, **(environment or {})}
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unreadable(f"{arguments[0]}: {error}") from error
    if done.returncode != 0:
        raise Unreadable(f"{arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode(errors="replace")


def rows(url, sql):
    """The rows of a query, each a dictionary of texts; None where NULL."""
    out = run(["psql", url, "-X", "-q", "-w", "-v", "ON_ERROR_STOP=1", "--csv", "-P", "null=\\N", "-c", sql],
              {"PGTZ": "UTC", "PGCLIENTENCODING": "UTF8"})
    csv.field_size_limit(1 << 24)
    return [{k: None if v == "\\N" else v for k, v in row.items()} for row in csv.DictReader(io.StringIO(out))]


class Redis:
    def __init__(self, options):
        self.prefix = f"{options.namespace}:" if options.namespace else ""
        self.base = ["redis-cli", "-h", options.redis_host, "-p", str(options.redis_port), "--json"]
        if options.redis_user:
            self.base += ["--user", options.redis_user]

    def __call__(self, *arguments):
        out = run(self.base + list(arguments))
        try:
            return json.loads(out)
        except ValueError as error:
            raise Unreadable(f"redis-cli {' '.join(arguments)}: {out.strip()[:200]}") from error

    def key(self, topic, partition):
        return f"{self.prefix}{topic}:{partition}"

    def exists(self, key):
        return self("EXISTS", key) == 1

    def info(self, key):
        return dictionary(self("XINFO", "STREAM", key))

    def groups(self, key):
        return [dictionary(group) for group in self("XINFO", "GROUPS", key)]

    def entries(self, key):
        start, all_entries = "-", []
        while True:
            page = self("XRANGE", key, start, "+", "COUNT", "5000")
            all_entries += [(entry, dictionary(fields)) for entry, fields in page]
            if len(page) < 5000:
                return all_entries
            start = "(" + page[-1][0]


def dictionary(reply):
    if isinstance(reply, dict):
        return reply
    if reply and isinstance(reply[0], list):
        return {name: value for name, value in reply}
    return dict(zip(reply[::2], reply[1::2]))


def published(url):
    """What a service has committed to its topics: (topic, partition) → its events, by position."""
    log = defaultdict(list)
    for row in rows(url, "SELECT topic, partition, position, entry_id, event_id, type, version, subject, data, "
                         "floor(extract(epoch FROM time) * 1000)::bigint AS milliseconds FROM perch.published ORDER BY topic, partition, position"):
        for number in ("position", "version", "milliseconds"):
            row[number] = int(row[number])
        row["data"] = json.loads(row["data"])
        log[row["topic"], int(row["partition"])].append(row)
    return log


def milliseconds(text):
    """A moment as the streams tell it; None if it is not one."""
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    return (moment - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(milliseconds=1)


def place(event):
    return f"{event['topic']}:{event['partition']} {event['entry_id']} {event['type']} {event['event_id']}"


def entry_id(text):
    first, second = text.split("-")
    return int(first), int(second)


# MARK: Checks

def check_log(name, log, tallies):
    """Positions are 1, 2, 3 …; entry ids tell them and never go back; no event is there twice."""
    seen = Counter(event["event_id"] for events in log.values() for event in events)
    for (topic, partition), events in sorted(log.items()):
        tally = Tally(f"{name} log {topic}:{partition}")
        before = (0, 0)
        for event in events:
            here = entry_id(event["entry_id"])
            if event["position"] > before[1] + 1:
                tally.violation("lost", f"positions {before[1] + 1} to {event['position'] - 1}")
            if here[1] != event["position"] or here[0] < before[0]:
                tally.expect(False, "reordered", place(event))
            else:
                tally.expect(seen[event["event_id"]] == 1, "duplicated", place(event))
            before = (max(here[0], before[0]), event["position"])
        tallies.append(tally)


def check_stream(redis, is_whole, topic, partition, events, tallies, notes):
    """The stream is the log, or the log's end where it was trimmed, without a gap."""
    key = redis.key(topic, partition)
    tally = Tally(f"stream {key}")
    tallies.append(tally)
    if not redis.exists(key):
        for event in events:
            tally.expect(False, "lost", place(event))
        return
    entries, info = redis.entries(key), redis.info(key)
    by_id = {event["entry_id"]: event for event in events}
    first = 1 if is_whole else entry_id(entries[0][0])[1] if entries else len(events) + 1
    if first > 1:
        notes.append(f"{key} begins at position {first}: what is before it counts as trimmed, and is in the log")
    counts, order = Counter(), (0, 0)
    events_seen = Counter(fields.get("id") for _, fields in entries)
    for entry, fields in entries:
        counts[entry] += 1
        event = by_id.get(entry)
        if event is None or events_seen[fields.get("id")] > 1:
            kind = "unexpected" if event is None else "duplicated"
            tally.violation(kind, f"{entry} {fields.get('type')} {fields.get('id')}")
        elif entry_id(entry) <= order:
            tally.violation("reordered", place(event))
        order = max(order, entry_id(entry))
    contents = {entry: fields for entry, fields in entries}
    for event in events:
        if event["position"] < first:
            continue
        fields = contents.get(event["entry_id"])
        if fields is None:
            tally.expect(False, "lost", place(event))
        else:
            tally.expect(is_same(event, fields), "wrong", f"{place(event)} is {json.dumps(fields)[:300]}")
    if info["length"] != len(entries):
        tally.violation("wrong", f"XINFO says {info['length']} entries, XRANGE gives {len(entries)}")
    if events and info["last-generated-id"] != events[-1]["entry_id"]:
        tally.violation("wrong", f"its last id is {info['last-generated-id']}, the log's {events[-1]['entry_id']}")
    check_groups(redis, key, topic, events, tallies)


def is_same(event, fields):
    return (
        fields.get("specversion") == "1.0" and fields.get("id") == event["event_id"]
        and fields.get("type") == event["type"] and fields.get("subject") == event["subject"]
        and fields.get("dataschema") == f"{event['type']}/{event['version']}"
        and milliseconds(fields.get("time", "")) == event["milliseconds"]
        and parsed(fields.get("data", "")) == event["data"]
    )


def parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


def check_groups(redis, key, topic, events, tallies):
    """Every declared group is there, has read to the end, and has nothing pending."""
    found = {group["name"]: group for group in redis.groups(key)}
    for name in sorted(GROUPS.get(topic, set()) | set(found)):
        tally = Tally(f"group {name} of {key}")
        tallies.append(tally)
        group = found.get(name)
        if group is None:
            # A group is made by its first rewind, which an empty partition has as well.
            tally.expect(False, "lost", f"the group {name} of {key} does not exist")
            continue
        pending = redis("XPENDING", key, name)[0]
        state = f"lag {group['lag']}, pending {pending}, last delivered {group['last-delivered-id']}"
        tally.expect(group["lag"] == 0 and pending == 0, "lost", f"{name} of {key}: {state}")
        if events and group["last-delivered-id"] != events[-1]["entry_id"]:
            tally.violation("wrong", f"{name} of {key}: {state}, the log ends at {events[-1]['entry_id']}")


def in_order(log, topic):
    """The events of a topic: by partition, each in its order."""
    return [event for (of, _), events in sorted(log.items()) if of == topic for event in events]


def fold_tickets(log, tally):
    """The tickets' states by their events in order, and what each event must cause: event → (kind, user, ticket)."""
    tickets, effects = {}, {}
    for event in in_order(log, "tickets"):
        data, ticket = event["data"], event["data"]["ticket_id"]
        known = tickets.get(ticket)
        if event["type"] == "ticket_created":
            is_possible = known is None
            tickets[ticket] = known or {"assignee": data["assignee_id"], "status": "open", "title": data.get("title")}
            kind = "commission"
        else:
            is_possible = known is not None and known["status"] == "open"
            kind = "commission" if event["type"] == "ticket_reassigned" else "reward"
            if is_possible and kind == "commission":
                known["assignee"] = data["assignee_id"]
            elif is_possible:
                known["status"] = "closed"
        tally.expect(is_possible and event["subject"] == ticket, "reordered", place(event))
        if is_possible:
            effects[event["event_id"]] = (kind, tickets[ticket]["assignee"], ticket, event)
    return tickets, effects


def check_tickets(url, tickets, tallies):
    """The tracker's own tables say what its events say."""
    tally = Tally("tickets of the tracker")
    found = {row["ticket_id"]: row for row in rows(
        url, "SELECT ticket_id, title, assignee_id, status, closed_at FROM reporting.tickets")}
    for ticket, row in found.items():
        if ticket not in tickets:
            tally.violation("unexpected", f"{ticket} has no event")
    for ticket, state in tickets.items():
        row = found.get(ticket)
        if row is None:
            tally.expect(False, "lost", f"{ticket} has events and is not there")
            continue
        is_as_told = (row["assignee_id"] == state["assignee"] and row["status"] == state["status"]
                      and state["title"] in (None, row["title"])
                      and (row["closed_at"] is not None) == (state["status"] == "closed"))
        tally.expect(is_as_told, "wrong", f"{ticket} is {row['status']} with {row['assignee_id']}, "
                                          f"its events say {state['status']} with {state['assignee']}")
    tallies.append(tally)


def check_prices(log, tickets, tallies):
    """Each ticket has exactly one price, within the bounds; prices by ticket."""
    tally = Tally("prices, one a ticket")
    prices = defaultdict(list)
    for event in in_order(log, "ticket-money"):
        prices[event["data"]["ticket_id"]].append(event)
        if event["data"]["ticket_id"] not in tickets:
            tally.violation("unexpected", place(event))
    for ticket in tickets:
        given = prices.get(ticket, [])
        if len(given) == 1:
            data = given[0]["data"]
            is_in_bounds = 1000 <= data["commission"] <= 2000 and 2000 <= data["reward"] <= 4000
            tally.expect(is_in_bounds, "wrong", f"{place(given[0])} {data}")
        else:
            tally.expect(False, "duplicated" if given else "lost", f"{ticket} has {len(given)} prices")
    tallies.append(tally)
    return {ticket: events[0]["data"] for ticket, events in prices.items()}


def check_effects(url, effects, wages, prices, tallies):
    """The ledger has one entry for each event, as the event tells it, in the order of the ticket's events."""
    ledger = rows(url, "SELECT entry_id, event_id, user_id, ticket_id, kind, amount, balance_after, "
                       "floor(extract(epoch FROM at) * 1000)::bigint AS milliseconds FROM reporting.ledger ORDER BY entry_id")
    by_event = defaultdict(list)
    for row in ledger:
        for number in ("entry_id", "amount", "balance_after", "milliseconds"):
            row[number] = int(row[number])
        by_event[row["event_id"]].append(row)
    tally = {"commission": Tally("commissions"), "reward": Tally("rewards"), "wage": Tally("wages")}
    last_of_ticket = {}
    for event_id, (kind, user, ticket, event) in effects.items():
        found, line = by_event.get(event_id, []), tally[kind]
        if len(found) != 1:
            line.expect(False, "duplicated" if found else "lost", f"{place(event)} has {len(found)} entries")
            continue
        row, price = found[0], prices.get(ticket, {}).get(kind)
        amount = None if price is None else -price if kind == "commission" else price
        is_right = (row["kind"], row["user_id"], row["ticket_id"]) == (kind, user, ticket) and row["amount"] == amount
        is_right = is_right and row["milliseconds"] == event["milliseconds"]
        if row["entry_id"] < last_of_ticket.get(ticket, 0):
            line.expect(False, "reordered", f"{place(event)} of ticket {ticket}: entry {row['entry_id']} comes after "
                                            f"{last_of_ticket[ticket]}")
        else:
            line.expect(is_right, "wrong", f"{place(event)} is {row}, must be {kind} {amount} of {user}")
        last_of_ticket[ticket] = max(row["entry_id"], last_of_ticket.get(ticket, 0))
    for event in wages:
        found = by_event.get(event["event_id"], [])
        is_right = len(found) == 1 and (found[0]["kind"], found[0]["user_id"], -found[0]["amount"]) == (
            "wage", event["data"]["user_id"], event["data"]["amount"])
        tally["wage"].expect(is_right, "wrong" if found else "lost", f"{place(event)} is {found}")
    known = set(effects) | {event["event_id"] for event in wages}
    for event_id, found in by_event.items():
        if event_id not in known:
            tally[found[0]["kind"]].violation("unexpected", f"entry {found[0]['entry_id']} of event {event_id}")
    tallies += tally.values()
    return ledger


def check_balances(url, ledger, users, expected, tallies):
    """Balances are the running sums; with the company's side, which events and prices tell, all comes to zero."""
    running, sums = Tally("running balances"), defaultdict(int)
    for row in ledger:
        sums[row["user_id"]] += row["amount"]
        running.expect(row["balance_after"] == sums[row["user_id"]], "wrong",
                       f"entry {row['entry_id']} of {row['user_id']}: {row['balance_after']}, "
                       f"the sum is {sums[row['user_id']]}")
    found = {row["user_id"]: int(row["balance"]) for row in rows(url, "SELECT user_id, balance FROM reporting.balances")}
    balances = Tally("balances, one a user")
    for user in users:
        if user in found:
            balances.expect(found[user] == sums[user], "wrong", f"{user} has {found[user]}, the ledger says {sums[user]}")
        else:
            balances.expect(False, "lost", f"{user} was created and has no balance")
    for user in set(found) - set(users):
        balances.violation("unexpected", f"{user} has a balance and was never created")
    zero = Tally("employees and company are zero")
    company = sum(expected)
    zero.expect(company + sum(found.values()) == 0, "wrong",
                f"the company has {company} by events and prices, its employees {sum(found.values())}")
    tallies += [running, balances, zero]


def check_earnings(accounting_url, analytics_url, effects, prices, tallies):
    """What management earned each day (UTC) is what the events tell, in accounting's ledger and in analytics alike."""
    expected = defaultdict(lambda: [0, 0])
    for kind, _, ticket, event in effects.values():
        if ticket in prices:
            day = str((datetime(1970, 1, 1) + timedelta(milliseconds=event["milliseconds"])).date())
            expected[day][kind == "reward"] += prices[ticket][kind]
    sources = {"analytics": (analytics_url, "SELECT day, commissions, rewards, earned FROM reporting.earnings"),
               "accounting": (accounting_url, """
        SELECT day, commissions, rewards, commissions - rewards AS earned FROM (
            SELECT (at AT TIME ZONE 'UTC')::date AS day,
                coalesce(sum(-amount) FILTER (WHERE kind = 'commission'), 0) AS commissions,
                coalesce(sum(amount) FILTER (WHERE kind = 'reward'), 0) AS rewards
            FROM reporting.ledger WHERE kind <> 'wage' GROUP BY 1) AS days""")}
    for name, (url, sql) in sources.items():
        tally = Tally(f"earnings by day in {name}")
        tallies.append(tally)
        found = {row["day"]: [int(row["commissions"]), int(row["rewards"]), int(row["earned"])] for row in rows(url, sql)}
        for day, (commissions, rewards) in expected.items():
            must = [commissions, rewards, commissions - rewards]
            tally.expect(found.get(day) == must, "wrong" if day in found else "lost",
                         f"{day} has {found.get(day)}, the events tell {must}")
        for day in set(found) - set(expected):
            if any(found[day]):
                tally.violation("unexpected", f"{day} has {found[day]} and no events")


def check_failed(urls, tallies):
    for name, url in urls.items():
        tally = Tally(f"no failed events in {name}")
        try:
            found = rows(url, "SELECT topic, partition, entry_id, type, state, error FROM perch.failed_events")
        except Unreadable as error:
            # Not a view of the contract: an auditor's role may not read it.
            if "permission denied" not in str(error):
                raise
            continue
        for row in found:
            tally.violation("unexpected", f"{row['topic']}:{row['partition']} {row['entry_id']} {row['type']} "
                                          f"{row['state']}: {row['error']}")
        tallies.append(tally)


# MARK: Report

def check(options):
    urls = {"auth": options.auth_url, "tracker": options.tracker_url, "accounting": options.accounting_url,
            "analytics": options.analytics_url}
    urls = {name: url for name, url in urls.items() if url}
    redis = Redis(options)
    logs = {name: published(url) for name, url in urls.items()}
    tallies, notes = [], []
    for name, log in logs.items():
        check_log(name, log, tallies)
    for log in logs.values():
        for (topic, partition), events in sorted(log.items()):
            check_stream(redis, options.whole, topic, partition, events, tallies, notes)
    order = Tally("ticket events in order")
    tickets, effects = fold_tickets(logs["tracker"], order)
    tallies.append(order)
    check_tickets(urls["tracker"], tickets, tallies)
    prices = check_prices(logs["accounting"], tickets, tallies)
    wages = in_order(logs["accounting"], "wages")
    ledger = check_effects(urls["accounting"], effects, wages, prices, tallies)
    users = {event["data"]["user_id"] for event in in_order(logs.get("auth", {}), "users")}
    if "auth" not in logs:
        users = {row["user_id"] for row in ledger}
    expected = [prices[ticket][kind] * (1 if kind == "commission" else -1)
                for kind, _, ticket, _ in effects.values() if ticket in prices]
    expected += [event["data"]["amount"] for event in wages]
    check_balances(urls["accounting"], ledger, users, expected, tallies)
    if options.analytics_url:
        check_earnings(urls["accounting"], urls["analytics"], effects, prices, tallies)
    check_failed(urls, tallies)
    return tallies, notes


def report(tallies, notes):
    width = max(len(tally.name) for tally in tallies)
    print("  ".join(["check".ljust(width), "attempted", "       ok"] + [kind.rjust(10) for kind in KINDS]))
    for tally in tallies:
        numbers = [str(tally.counts[kind]).rjust(10) for kind in KINDS]
        print("  ".join([tally.name.ljust(width), str(tally.attempted).rjust(9), str(tally.ok).rjust(9)] + numbers)
              + ("  ← FAILED" if tally.failed else ""))
    for note in notes:
        print(f"note: {note}")
    failed = [tally for tally in tallies if tally.failed]
    for tally in failed:
        for kind in KINDS:
            for example in tally.examples[kind]:
                print(f"{tally.name}: {kind}: {example}")
    total = sum(sum(tally.counts.values()) for tally in tallies)
    print(f"FAILED: {total} violations in {len(failed)} checks" if failed else "OK: everything took effect once, in order")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--auth-url", help="auth's database; without it, users are those of the ledger")
    parser.add_argument("--tracker-url", required=True, help="tracker's database")
    parser.add_argument("--accounting-url", required=True, help="accounting's database")
    parser.add_argument("--analytics-url", help="analytics' database; without it, its earnings are not looked at")
    parser.add_argument("--redis-host", default="127.0.0.1")
    parser.add_argument("--redis-port", type=int, default=6379)
    parser.add_argument("--redis-user", help="its password is read from REDISCLI_AUTH")
    parser.add_argument("--namespace", default="", help="as in REDIS_NAMESPACE")
    parser.add_argument("--whole", action="store_true", help="no stream was trimmed: each has to hold all of its log")
    parser.add_argument("--wait", type=float, default=0, metavar="SECONDS",
                        help="look again for this long while something is amiss")
    options = parser.parse_args()
    deadline = time.monotonic() + options.wait
    try:
        while True:
            tallies, notes = check(options)
            # What is still on its way comes; what is lost or doubled does not get better.
            if not any(tally.failed for tally in tallies) or time.monotonic() >= deadline:
                return report(tallies, notes)
            time.sleep(0.5)
    except Unreadable as error:
        print(f"check.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
