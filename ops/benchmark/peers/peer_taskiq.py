"""taskiq on Redis Streams: acknowledged when the task has been executed."""
import asyncio
import os
import sys

import asyncpg
from taskiq import TaskiqEvents
from taskiq_redis import RedisStreamBroker

import common

CONCURRENCY = int(os.environ.get("PEERS_CONCURRENCY", "1"))
broker = RedisStreamBroker(url=common.REDIS, xread_count=100)
pool = None


@broker.on_event(TaskiqEvents.WORKER_STARTUP)
async def connect(state):
    global pool
    pool = await asyncpg.create_pool(common.POSTGRES, min_size=1, max_size=CONCURRENCY)


@broker.task
async def post(event: dict) -> None:
    await pool.execute(common.each_async(), event["posting_id"], event["account"], event["amount"])


async def fill(count):
    await broker.startup()
    for number in range(count):
        await post.kiq(common.event(number))
    await broker.shutdown()


if __name__ == "__main__":
    # The task's name is that of the module that the worker imports.
    import peer_taskiq

    asyncio.run(peer_taskiq.fill(int(sys.argv[1])))
