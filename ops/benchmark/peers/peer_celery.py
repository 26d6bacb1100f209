"""Celery on Redis: acks_late, and a lost worker's task is delivered again."""
import sys

import celery
import psycopg

import common

app = celery.Celery("peer_celery", broker=common.REDIS)
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=16,
    broker_connection_retry_on_startup=True,
)
connection = None


@app.task(name="post")
def post(event):
    global connection
    if connection is None:
        connection = psycopg.connect(common.POSTGRES, autocommit=True, prepare_threshold=0)
    connection.execute(common.each_sync(), (event["posting_id"], event["account"], event["amount"]))


if __name__ == "__main__":
    for number in range(int(sys.argv[1])):
        post.delay(common.event(number))
