"""Starts popug on private servers, has its story told, and stops it: ops/check-pages.

popug.py PROGRAM FOLDER LOOKS HOSTS [SHOTS]

PROGRAM is `popug`. HOSTS is `ports`, all programs on one host, each at a port; or `names`, each under a name of its own, through a proxy
with TLS. LOOKS and SHOTS are those of story.py.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

program, folder, looks, hosts = sys.argv[1:5]
shots = sys.argv[5:]
here = os.path.dirname(os.path.abspath(__file__))
SERVICES = ["auth", "tracker", "accounting", "analytics"]


def free_ports(count):
    """The first of so many in a row that nobody has now."""
    while True:
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            start = first.getsockname()[1]
        taken = []
        try:
            for port in range(start, start + count):
                taken.append(socket.socket())
                taken[-1].bind(("127.0.0.1", port))
            return start
        except OSError:
            continue
        finally:
            for one in taken:
                one.close()


def is_serving(address):
    try:
        with urllib.request.urlopen(f"{address}/health/ready", timeout=1800) as answer:
            return answer.status == 200
    except (OSError, urllib.error.URLError):
        return False


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.wait()


def main():
    start = free_ports(8)
    ports = dict(zip(SERVICES + ["console"], range(start, start + 5)))
    directory = f"{folder}/popug-{hosts}"
    places = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    arguments = [program, "dev", "--directory", directory, "--no-office", "--http-port", str(start),
                 "--console-port", str(ports["console"]), "--redis-port", str(start + 5), "--postgres-port", str(start + 6)]
    servers = []
    if hosts == "names":
        public = f"https://PROGRAM.popug.test:{start + 7}"
        arguments += ["--public-url", public]
        places = {name: public.replace("PROGRAM", name) for name in ports}
        # The browser's own trust is not what is looked at.
        places["arguments"] = ["--host-resolver-rules=MAP *.popug.test 127.0.0.1", "--ignore-certificate-errors"]
        servers.append(subprocess.Popen([sys.executable, f"{here}/proxy.py", folder, str(start + 7)] + [
            f"{name}={port}" for name, port in ports.items()]))
    with open(f"{folder}/popug-{hosts}.log", "w", encoding="utf-8") as log:
        # A group of its own: what is told to this script is not told to it twice.
        servers.append(subprocess.Popen(arguments, stdout=log, stderr=log, stdin=subprocess.DEVNULL))
    try:
        while not all(is_serving(f"http://127.0.0.1:{ports[name]}") for name in SERVICES):
            if servers[-1].poll() is not None:
                with open(f"{folder}/popug-{hosts}.log", encoding="utf-8") as log:
                    print(log.read(), file=sys.stderr)
                print("check-pages: error: popug does not start; its text is above", file=sys.stderr)
                return 2
            time.sleep(0.2)
        with open(f"{directory}/passwords", encoding="utf-8") as file:
            places["password"] = dict(line.split() for line in file)["people"]
        places["mails"] = f"{directory}/mails"
        with open(f"{folder}/places-{hosts}.json", "w", encoding="utf-8") as file:
            json.dump(places, file)
        return subprocess.run(
            [sys.executable, f"{here}/story.py", f"{folder}/places-{hosts}.json", folder, looks] + shots, check=False
        ).returncode
    finally:
        for server in reversed(servers):
            stop(server)


sys.exit(main())
