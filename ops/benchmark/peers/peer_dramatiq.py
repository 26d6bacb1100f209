"""Dramatiq on Redis: a message is acknowledged after its actor."""
import sys
import threading

import dramatiq
import psycopg
from dramatiq.brokers.redis import RedisBroker

import common

broker = RedisBroker(url=common.REDIS)
dramatiq.set_broker(broker)
local = threading.local()


@dramatiq.actor(max_retries=3)
def post(event):
    if not hasattr(local, "connection"):
        local.connection = psycopg.connect(common.POSTGRES, autocommit=True, prepare_threshold=0)
    local.connection.execute(common.each_sync(), (event["posting_id"], event["account"], event["amount"]))


if __name__ == "__main__":
    import peer_dramatiq

    for number in range(int(sys.argv[1])):
        peer_dramatiq.post.send(common.event(number))
