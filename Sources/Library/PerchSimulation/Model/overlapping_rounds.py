"""Explicit-state check of rounds that overlap: one stream, one group, one relay, two workers.

    python3 overlapping_rounds.py EVENTS f=FAULTS e=TAKEOVERS [noposition]

A worker submits a batch, reads the next and submits it behind, and only then awaits the outcomes in turn. Between any two
steps of it the server may execute what was submitted, another worker take over, Redis forget. `2 f=1 e=2` holds (203,318
states), and so do `2 f=1 e=3` (463,540) and `3 f=1 e=2` (1,751,367, two minutes); `2 f=1 e=2 noposition`, a fence that
compares the epoch alone, loses an event.
A slow or frozen worker is one that takes no step. Faults: a crash, a lost reply to an append or to a COMMIT, a COMMIT that is
refused by itself with the session left idle, a failover to an older state of Redis, FLUSHALL.
Checked: no effect is lost, doubled or out of order, a later round never commits without the one before it; from every state
in which an owner lives the end can be reached.
"""
import sys
from collections import deque

EVENTS = int(sys.argv[1])
FAULTS = int(next((word[2:] for word in sys.argv if word.startswith("f=")), 1))
LAST_EPOCH = int(next((word[2:] for word in sys.argv if word.startswith("e=")), 2))
COMPARES_POSITION = "noposition" not in sys.argv

# A worker: phase, epoch, the checkpoint it knows, the batches it has submitted, the batch at hand, what the server has not
# executed yet (epoch, from, batch), outcomes that are not read.
DOWN = ("down", 0, 0, (), (), (), ())
# Redis: entries, the group's last delivered; the same of the replica. Postgres: checkpoint, epoch, effects by event.
START = ((), 0, ((), 0), 0, 0, 0, (DOWN, DOWN), (0,) * EVENTS, FAULTS)


def successors(state):
    """Names and states of all next steps."""
    stream, delivered, replica, checkpoint, epoch, published, workers, effects, faults = state
    found = []

    def step(name, worker=None, **change):
        fields = dict(stream=stream, delivered=delivered, replica=replica, checkpoint=checkpoint, epoch=epoch,
                      published=published, workers=workers, effects=effects, faults=faults)
        fields.update(change)
        if worker is not None:
            index, value = worker
            fields["workers"] = tuple(value if index == i else w for i, w in enumerate(workers))
        found.append((name, tuple(fields.values())))

    # The relay: compare and append.
    if (stream[-1] if stream else 0) != published:
        step("relay looks again", published=stream[-1] if stream else 0)
    elif published < EVENTS:
        step("append", stream=stream + (published + 1,), published=published + 1)
        if faults:
            step("append, reply lost", stream=stream + (published + 1,), faults=faults - 1)
    # Redis
    if (stream, delivered) != replica:
        step("replicate", replica=(stream, delivered))
        if faults:
            step("failover", stream=replica[0], delivered=replica[1], faults=faults - 1)
    if faults and stream:
        step("flushall", stream=(), delivered=0, replica=((), 0), faults=faults - 1)

    for i, (phase, own, known, sent, batch, queue, outcomes) in enumerate(workers):
        if (own != epoch or phase == "down") and epoch < LAST_EPOCH:
            step(f"{i} acquires", (i, ("rewind", epoch + 1, checkpoint, (), (), (), ())), epoch=epoch + 1)
        if phase != "down" and faults:
            # What it has submitted may still be executed.
            step(f"{i} crashes", (i, ("down", own, 0, (), (), queue, ())), faults=faults - 1)

        if queue:
            (of, start, events), rest = queue[0], queue[1:]

            def executed(name, outcome, **change):
                read = outcomes + (outcome,) if phase != "down" else ()
                step(name, (i, (phase, own, known, sent, batch, rest, read)), **change)

            if of == epoch and (checkpoint == start or not COMPARES_POSITION):
                after = list(effects)
                harm = ""
                for event in events:
                    after[event - 1] += 1
                    if after[event - 1] > 1:
                        harm = f" HARM: {event} is doubled"
                    if not all(after[: event - 1]):
                        harm = f" HARM: {event} overtakes"
                change = dict(checkpoint=max(checkpoint, events[-1]), effects=tuple(min(x, 2) for x in after))
                executed(f"{i} commits {events}{harm}", True, **change)
                if faults:
                    executed(f"{i} is refused {events}", False, faults=faults - 1)
                    if phase != "down":
                        step(f"{i} commits {events}, reply lost{harm}",
                             (i, ("down", own, 0, (), (), rest, ())), faults=faults - 1, **change)
            else:
                executed(f"{i} is fenced {events}", False)

        def goes(name, phase, known=known, sent=sent, batch=batch, queue=queue, outcomes=outcomes, **change):
            step(f"{i} {name}", (i, (phase, own, known, sent, batch, queue, outcomes)), **change)

        expected = sent[-1][-1] if sent else known
        if phase == "rewind":
            goes("rewinds", "read", sent=(), batch=(), delivered=known)
        elif phase == "read":
            there = tuple(entry for entry in stream if entry > delivered)
            for count in (1, 2):
                new = there[:count]
                if count == 1 or len(new) == count:
                    goes(f"reads {new}", "verify", batch=new, delivered=max((delivered,) + new))
            if sent:
                goes("reads no more", "await", batch=())
        elif phase == "verify":
            run = tuple(entry for entry in batch if entry > expected)
            if run and run == tuple(range(expected + 1, expected + 1 + len(run))):
                goes("has a batch", "batch", batch=run)
            elif sent:
                goes("has none", "await", batch=())  # looked into when nothing is under way
            elif any(entry > expected for entry in stream):
                goes("misses an entry", "rewind", batch=())
            else:
                goes("is idle", "read", batch=())
        elif phase == "batch":
            for then in ("read", "await") if not sent else ("await",):
                goes(f"submits {batch}", then, sent=sent + (batch,), batch=(),
                     queue=queue + ((own, expected, batch),))
        elif phase == "await" and outcomes:
            if outcomes[0]:
                goes("acknowledges", "read", known=sent[0][-1], sent=sent[1:], outcomes=outcomes[1:])
            elif len(outcomes) == len(sent):
                harm = " HARM: the later round has committed" if any(outcomes) else ""
                if own != epoch:
                    step(f"{i} is out{harm}", (i, DOWN))
                else:
                    goes(f"begins again{harm}", "rewind", sent=(), batch=(), outcomes=())
    return found


came_from = {START: None}
before = {}
ends = []
queue = deque([START])
while queue:
    state = queue.popleft()
    if state[7] == (1,) * EVENTS:
        ends.append(state)
    for name, following in successors(state):
        if "HARM" in name:
            steps = [name]
            while came_from[state]:
                state, step = came_from[state]
                steps.append(step)
            print(f"{len(came_from)} states, then:", " · ".join(reversed(steps)))
            sys.exit(1)
        before.setdefault(following, []).append(state)
        if following not in came_from:
            came_from[following] = (state, name)
            queue.append(following)

can_end = set(ends)
queue = deque(ends)
while queue:
    for state in before.get(queue.popleft(), ()):
        if state not in can_end:
            can_end.add(state)
            queue.append(state)
stuck = [s for s in came_from if s not in can_end and any(w[0] != "down" and w[1] == s[4] for w in s[6])]
print(f"{len(came_from)} states, {len(stuck)} of them with an owner that cannot reach the end")
sys.exit(1 if stuck else 0)
