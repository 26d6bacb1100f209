"""FastStream on Redis Streams: acknowledged after the handler, one event or a batch at a time."""
import os
import sys

import asyncpg
from faststream import AckPolicy, ContextRepo, FastStream
from faststream.redis import RedisBroker, StreamSub

import common

IS_BATCH = os.environ.get("PEERS_MODE") == "batch"
CONCURRENCY = int(os.environ.get("PEERS_CONCURRENCY", "1"))

broker = RedisBroker(common.REDIS, logger=None)
app = FastStream(broker, logger=None)
pool = None


@app.on_startup
async def connect(context: ContextRepo):
    global pool
    pool = await asyncpg.create_pool(common.POSTGRES, min_size=1, max_size=CONCURRENCY)


def stream(**settings):
    return StreamSub("postings", group="bench", consumer=f"c{os.getpid()}", **settings)


if IS_BATCH:

    @broker.subscriber(stream=stream(batch=True, max_records=1000), ack_policy=AckPolicy.NACK_ON_ERROR)
    async def post(events: list[dict]):
        await pool.execute(
            common.BATCH,
            [event["posting_id"] for event in events],
            [event["account"] for event in events],
            [event["amount"] for event in events],
        )

else:

    @broker.subscriber(
        stream=stream(max_records=100), ack_policy=AckPolicy.NACK_ON_ERROR, max_workers=CONCURRENCY
    )
    async def post(event: dict):
        await pool.execute(common.each_async(), event["posting_id"], event["account"], event["amount"])


async def fill(count):
    async with broker:
        client = await broker.connect()
        await client.xgroup_create("postings", "bench", id="0", mkstream=True)
        for number in range(count):
            await broker.publish(common.event(number), stream="postings")


if __name__ == "__main__":
    import asyncio

    asyncio.run(fill(int(sys.argv[1])))
