"""Explicit-state check of a lease that lives as long as its worker: two workers, their heartbeats, one lease.

    python3 lease_life.py EPOCHS f=FAULTS [nogiveup|lookafter|anyepoch]

e.g. `4 f=2` (holds). Faults: the client gives an acquisition up before its COMMIT, which may come later or never; the answer to a
COMMIT is lost; a worker dies, and with it its row runs out; a row runs out though its worker lives, and is written again.
A heartbeat looks at the table, then at what the worker knows, then gives back what is unknown, under the epoch that it saw; anything
may happen between. The options take a part away: nothing is given back; the worker is asked first and the table looked at after; the
epoch is not compared.

Checked: no lease that its worker knows of, or is just acquiring, is given back under the epoch of that; and from every state in which
somebody lives, without a further fault, the lease is free, or its owner is dead, or its owner knows of it.
"""
import sys
from collections import deque

A = sys.argv
EPOCHS = int(A[1])
FAULTS = int(next((a[2:] for a in A if a.startswith("f=")), 1))
GIVEUP, AFTER, EXACT = "nogiveup" not in A, "lookafter" in A, "anyepoch" not in A
# A worker: whether its row lives · what it does ("anew": it has to acquire, "acquiring", "idle") · the epoch it holds, or 0 · its
# heartbeat.
# A heartbeat: None · ("saw", epoch in the table) · ("knows", epoch that the worker holds) · ("due", epoch to give back).
W = (True, "anew", 0, None)
# The lease: owner, epoch · the transaction that has its row: (worker, is it still waited for) · workers · faults left
INIT = (None, 0, None, (W, W), FAULTS)


def put(ws, i, **k):
    live, does, held, beat = ws[i]
    new = (k.get("live", live), k.get("does", does), k.get("held", held), k.get("beat", beat))
    return tuple(new if j == i else w for j, w in enumerate(ws))


def steps(s):
    owner, epoch, tx, ws, faults = s
    out = []
    for i, (live, does, held, beat) in enumerate(ws):
        claimable = owner is None or not ws[owner][0]
        if live and does == "anew" or does == "idle" and claimable:
            # It takes its own from before too, but it does not ask for them by itself. A row that is locked is passed over.
            if live and tx is None and (claimable or owner == i) and epoch < EPOCHS:
                out.append((f"acquire{i}", False, (owner, epoch, (i, True), put(ws, i, does="acquiring"), faults)))
            elif does == "anew":
                out.append((f"nothing{i}", False, (owner, epoch, tx, put(ws, i, does="idle"), faults)))
        if held and (owner != i or epoch != held):
            out.append((f"fenced{i}", False, (owner, epoch, tx, put(ws, i, does="anew", held=0), faults)))
        if held and owner == i and epoch == held and tx is None:
            out.append((f"release{i}", True, (None, epoch, tx, put(ws, i, held=0), faults)))
        if not live:
            out.append((f"register{i}", True, (owner, epoch, tx, put(ws, i, live=True), faults)))
        if faults:
            out.append((f"expire{i}", True, (owner, epoch, tx, put(ws, i, live=False), faults - 1)))
            died = put(ws, i, live=False, does="anew", held=0, beat=None)
            gone = (tx[0], False) if tx and tx[0] == i else tx
            out.append((f"die{i}", True, (owner, epoch, gone, died, faults - 1)))
        # The heartbeat, of a worker that lives.
        unknown = does != "acquiring"
        if live and GIVEUP:
            if beat is None and not AFTER and owner == i:
                out.append((f"look{i}", False, (owner, epoch, tx, put(ws, i, beat=("saw", epoch)), faults)))
            if beat is None and AFTER and unknown:
                out.append((f"ask{i}", False, (owner, epoch, tx, put(ws, i, beat=("knows", held)), faults)))
            if beat and beat[0] == "saw":
                due = ("due", beat[1]) if unknown and held != beat[1] else None
                out.append((f"ask{i}", False, (owner, epoch, tx, put(ws, i, beat=due), faults)))
            if beat and beat[0] == "knows":
                due = ("due", epoch) if owner == i and epoch != beat[1] else None
                out.append((f"look{i}", False, (owner, epoch, tx, put(ws, i, beat=due), faults)))
            if beat and beat[0] == "due" and tx is None:
                hits = owner == i and (epoch == beat[1] or not EXACT)
                bad = " BAD it is known" if hits and held == epoch else ""
                after = None if hits else owner
                out.append((f"give-up{i}{bad}", False, (after, epoch, tx, put(ws, i, beat=None), faults)))
    if tx:
        i, waited = tx
        if waited:
            got = put(ws, i, does="idle", held=epoch + 1)
            out.append((f"commit{i}", False, (i, epoch + 1, None, got, faults)))
            if faults:
                out.append((f"reply-lost{i}", True, (i, epoch + 1, None, put(ws, i, does="anew"), faults - 1)))
                out.append((f"abandon{i}", True, (owner, epoch, (i, False), put(ws, i, does="anew"), faults - 1)))
        else:
            out.append((f"late-commit{i}", False, (i, epoch + 1, None, ws, faults)))
            out.append((f"rollback{i}", False, (owner, epoch, None, ws, faults)))
    return out


def fine(s):
    owner, epoch, tx, ws, _ = s
    return tx is None and (owner is None or not ws[owner][0] or ws[owner][2] == epoch)


seen, queue, back = {INIT: None}, deque([INIT]), {}
while queue:
    s = queue.popleft()
    for name, is_fault, t in steps(s):
        if not is_fault:
            back.setdefault(t, []).append(s)
        if t not in seen:
            seen[t] = (s, name)
            if "BAD" in name:
                path = [name]
                while seen[s]:
                    s, n = seen[s]
                    path.append(n)
                print(A[1:], "VIOLATION", path[::-1])
                sys.exit(1)
            queue.append(t)
ok = {s for s in seen if fine(s)}
queue = deque(ok)
while queue:
    for s in back.get(queue.popleft(), ()):
        if s not in ok:
            ok.add(s)
            queue.append(s)
# Where no epoch is left nobody can acquire; that is the model's end and not the protocol's.
stuck = [s for s in seen if s not in ok and s[1] < EPOCHS and any(w[0] for w in s[3])]
print(A[1:], "states", len(seen), "stuck", len(stuck))
if stuck:
    s, path = min(stuck, key=lambda s: s[1]), []
    first = s
    while seen[s]:
        s, n = seen[s]
        path.append(n)
    print(path[::-1], first)
    sys.exit(1)
