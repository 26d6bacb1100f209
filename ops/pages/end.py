"""Tells the consoles to end while pages are open, and says what does not end as it should: ops/check-pages.

end.py ADDRESSES PROCESS
"""

import http.client
import os
import signal
import sys
import threading
import time
import urllib.parse

from browser import ended, finding

with open(sys.argv[1], encoding="utf-8") as lines:
    addresses = dict(line.split() for line in lines if line.strip())
stage = int(sys.argv[2])
place = urllib.parse.urlsplit(addresses["well"])


def log_in():
    """Who has the token is given a cookie."""
    connection = http.client.HTTPConnection(place.hostname, place.port)
    connection.request("GET", f"/?{place.query}")
    return connection.getresponse().headers["Set-Cookie"].split(";")[0]


def look_at_end(cookies):
    """Told to end, the consoles end the streams that are open, each properly, and then themselves."""
    streams = []
    for _ in range(20):
        connection = http.client.HTTPConnection(place.hostname, place.port)
        connection.request("GET", "/live?of=/groups", headers={"Cookie": cookies, "Accept": "text/event-stream"})
        streams.append(connection.getresponse())
    if any(stream.status != 200 for stream in streams):
        finding(f"a stream is answered by {[stream.status for stream in streams]}")
    ends = []

    def read(stream):
        try:
            stream.read()
            ends.append("ended")
        except http.client.HTTPException as error:
            ends.append(repr(error))

    readers = [threading.Thread(target=read, args=[stream]) for stream in streams]
    for reader in readers:
        reader.start()
    os.kill(stage, signal.SIGTERM)
    for reader in readers:
        reader.join()
    if ends != ["ended"] * 20:
        finding(f"streams are cut off in place of being ended: {ends}")
    while is_running(stage):
        time.sleep(0.05)


def is_running(process):
    """Who started it may not have looked at its end yet."""
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


begun = time.monotonic()
look_at_end(log_in())
ended("20 streams ended with their console", begun)
