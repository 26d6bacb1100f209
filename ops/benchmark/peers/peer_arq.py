"""arq on Redis: a job is removed after it has run."""
import asyncio
import os
import sys

import asyncpg
from arq import create_pool
from arq.connections import RedisSettings

import common

CONCURRENCY = int(os.environ.get("PEERS_CONCURRENCY", "1"))


async def post(context, event):
    await context["pool"].execute(common.each_async(), event["posting_id"], event["account"], event["amount"])


async def connect(context):
    context["pool"] = await asyncpg.create_pool(common.POSTGRES, min_size=1, max_size=CONCURRENCY)


class WorkerSettings:
    functions = [post]
    on_startup = connect
    redis_settings = RedisSettings.from_dsn(common.REDIS or "redis://127.0.0.1")
    max_jobs = CONCURRENCY
    keep_result = 0
    poll_delay = 0.01


async def fill(count):
    redis = await create_pool(WorkerSettings.redis_settings)
    for number in range(count):
        await redis.enqueue_job("post", common.event(number))


if __name__ == "__main__":
    asyncio.run(fill(int(sys.argv[1])))
