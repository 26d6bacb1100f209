"""The texts of packages, for ops/check-shop: files are compared or written, commands are run."""

import os
import re
import signal
import subprocess
import sys
import time

# Ends a command that hangs, and is no measure of speed.
HANG = 1200


def fail(message):
    print(f"check-shop: {message}", file=sys.stderr)
    sys.exit(1)


def blocks(text):
    """Each block of code: what stands in its first line, and what is in it."""
    return re.findall(r"^```(.*)\n((?:.|\n)*?)^```$", text, re.MULTILINE)


def files(folder):
    """Compares each file that the text shows, and finds those that it does not show."""
    with open(f"{folder}/README.md", encoding="utf-8") as file:
        text = file.read()
    shown = dict(re.findall(r"`([A-Za-z/.]+)`:\n\n```(?:swift|yaml)\n((?:.|\n)*?)```", text))
    there = set()
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        there |= {os.path.relpath(f"{place}/{name}", folder) for name in names if name.endswith((".swift", ".yaml"))}
    for name in sorted(there ^ set(shown)):
        fail(f"{name} is not both in {folder} and in its text")
    for name, code in shown.items():
        with open(f"{folder}/{name}", encoding="utf-8") as file:
            # The reader's folder lies beside the checkout.
            if file.read().replace('path: "../.."', 'path: "../perch"') != code:
                fail(f"{name} is another one in the text of {folder}")
    if len(re.findall(r"^```(?:swift|yaml)$", text, re.MULTILINE)) != len(shown):
        fail("a block of code of the text has no name of a file above it")
    print(f"check-shop: {len(shown)} files are as the text shows them")


def write(page, folder):
    """The files that a text shows."""
    with open(page, encoding="utf-8") as file:
        shown = re.findall(r"`([A-Za-z/.]+)`:\n\n```(?:swift|yaml)\n((?:.|\n)*?)```", file.read())
    for name, code in shown:
        os.makedirs(os.path.dirname(f"{folder}/{name}"), exist_ok=True)
        with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
            file.write(code)


def plain(text):
    """Without what is another one each time: ids, times, spaces."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    text = re.sub(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "UUID", text)
    text = re.sub(r"\b\d{13}-", "MS-", text)
    text = re.sub(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?", "TIME", text)
    text = re.sub(r"\b\d\d:\d\d:\d\d(\.\d+)?", "TIME", text)
    text = re.sub(r"\b\d+([.]\d+)? ?(µs|ms|seconds|s|min|m)\b", "SPAN", text)
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return [line for line in lines if line]


def matches(expected, found):
    """A line … stands for any lines, and … within a line for any text."""
    parts = ["(?:[^\n]*\n)*?" if line == "…" else re.escape(line).replace("…", "[^\n]*") + "\n" for line in expected]
    return re.fullmatch("".join(parts), "".join(f"{line}\n" for line in found)) is not None


class Shell:
    """One shell for all commands, as a reader has one."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            ["bash", "--norc"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, start_new_session=True,
        )
        self.count = 0

    def run(self, commands):
        """What they print, and how the last of them ended that failed: a reader would have seen it."""
        self.count += 1
        mark = f"end-of-block-{self.count}"
        self.process.stdin.write(
            f"failed=0; trap 'failed=$?' ERR\n{commands}\nlast=$?; trap - ERR\n"
            f"printf '\\n{mark} %d\\n' $((last ? last : failed))\n"
        )
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line.startswith(f"{mark} "):
                return "".join(lines), int(line.split()[1])
            lines.append(line)
        fail(f"the shell has ended: {''.join(lines)}")

    def end(self):
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass


def run(page, folder):
    with open(page, encoding="utf-8") as file:
        found = blocks(file.read())
    shell = Shell(folder)
    signal.signal(signal.SIGALRM, lambda *_: fail("a command hangs"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    count = 0
    try:
        for index, (kind, commands) in enumerate(found):
            if kind not in ("sh", "sh until"):
                continue
            following = found[index + 1] if index + 1 < len(found) else ("", "")
            expected = plain(following[1]) if following[0] == "text" else None
            signal.alarm(HANG)
            while True:
                output, status = shell.run(commands)
                is_right = status == 0 and (expected is None or matches(expected, plain(output)))
                if is_right or kind == "sh":
                    break
                time.sleep(0.2)
                if signal.getitimer(signal.ITIMER_REAL)[0] < 5:
                    break
            signal.alarm(0)
            if not is_right:
                wanted = "" if expected is None else "\n--- expected\n" + "\n".join(expected)
                fail(f"\n{commands}--- ended with {status}, and printed\n{output.strip()}{wanted}")
            count += 1
    finally:
        shell.end()
    print(f"check-shop: {count} blocks of commands do what the text says")


if __name__ == "__main__":
    {"files": files, "run": run, "write": write}[sys.argv[1]](*sys.argv[2:])
