"""Explicit-state check of a heartbeat that looks at the leases only when their mark has changed: one lease, one worker, one process.

    python3 lease_view.py CHANGES [markafter|noliving|beatsmark|earlyrevision]

e.g. `4` (holds). The lease is taken and given back, each in a transaction that raises the revision at its COMMIT; the worker's time
runs out and begins again, which writes nothing to the lease. A heartbeat reads the mark (the revision, and who lives); where it is not
that of its last look, it looks: it reads the revision, then who lives, then the lease. Anything may happen between any two of these.
The options: the revision is read after the lease; the mark does not tell who lives; the look takes the mark of the beat before it and
not its own; the revision is raised before COMMIT, where all can see it.

Checked: from every state, when nothing changes any more, the next beats bring the view to what is so.
"""
import sys
from collections import deque

A = sys.argv
CHANGES = int(A[1])
AFTER, BLIND, BEATS, EARLY = ("markafter" in A, "noliving" in A, "beatsmark" in A, "earlyrevision" in A)

# revision · does the worker own the lease · an open change, or None · does the worker live · changes left · the mark of the last look ·
# the view: (owned, living) · the heartbeat: None, or what it has read so far of a look
INIT = (0, False, None, True, CHANGES, None, (False, False), None)


def mark(revision, living):
    return (revision, None if BLIND else living)


def steps(s):
    revision, owned, change, living, left, seen, view, look = s
    out = []
    # The world.
    if left:
        out.append(("live" if not living else "die", True, (revision, owned, change, not living, left - 1, seen, view, look)))
        if change is None:
            r = revision + 1 if EARLY else revision
            out.append(("begin", True, (r, owned, not owned, living, left - 1, seen, view, look)))
    if change is not None:
        r = revision if EARLY else revision + 1
        out.append(("commit", False, (r, change, None, living, left, seen, view, look)))
    # The heartbeat.
    if look is None:
        m = mark(revision, living)
        if m != seen:
            out.append(("beat", False, (revision, owned, change, living, left, seen, view, (m,))))
    elif len(look) == 1:
        r = None if AFTER else revision
        out.append(("look: revision", False, (revision, owned, change, living, left, seen, view, look + (r,))))
    elif len(look) == 2:
        out.append(("look: who lives", False, (revision, owned, change, living, left, seen, view, look + (living,))))
    elif len(look) == 3:
        out.append(("look: lease", False, (revision, owned, change, living, left, seen, view, look + (owned,))))
    else:
        first, r, alive, has = look
        m = first if BEATS else mark(revision if AFTER else r, alive)
        out.append(("looked", False, (revision, owned, change, living, left, m, (has, alive), None)))
    return out


seen, queue, back = {INIT: None}, deque([INIT]), {}
while queue:
    s = queue.popleft()
    for name, is_change, t in steps(s):
        if not is_change:
            back.setdefault(t, []).append(s)
        if t not in seen:
            seen[t] = (s, name)
            queue.append(t)
ok = {s for s in seen if s[6] == (s[1], s[3]) and s[2] is None and s[7] is None}
queue = deque(ok)
while queue:
    for s in back.get(queue.popleft(), ()):
        if s not in ok:
            ok.add(s)
            queue.append(s)
stuck = [s for s in seen if s not in ok]
print(A[1:], "states", len(seen), "stuck", len(stuck))
if stuck:
    def path(s):
        names = []
        while seen[s]:
            s, name = seen[s]
            names.append(name)
        return names[::-1]

    s = min(stuck, key=lambda s: len(path(s)))
    print(path(s), s)
    sys.exit(1)
