// A consumer: while one batch commits, the next is read and parsed, and the one before it is acknowledged. The pipeline to
// Postgres holds two transactions, so that the server never waits for us.
#include "baseline.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// FEW: up to here two statements an event cost less than one a batch.
enum { IN_FLIGHT = 2, BATCHES = IN_FLIGHT + 1, BLOCK_MILLISECONDS = 200, FEW = 10 };

/// Events of one read, over all streams of the worker.
struct batch {
    struct event *events;
    int count;
    /// Where the events of each stream begin.
    int begins[MAX_PARTITIONS + 1];
    bool has_failed;
    bool is_committed;
};

struct consumer {
    const struct options *options;
    struct progress *progress;
    redisContext *redis;
    PGconn *postgres;
    char keys[MAX_PARTITIONS][32];
    int streams;
    struct batch batches[BATCHES];
    /// Rings over `batches`: committed up to here, sent up to here, read up to here.
    long committed, sent, read;
    /// The batches whose transactions are at the server, in their order.
    long flight[IN_FLIGHT];
    int flying;
    bool is_reading;
    long acknowledgements;
    struct buffer parameters[3];
};

static const char *const insert_sql =
    "INSERT INTO ledger (event_id, account, amount) VALUES ($1::uuid, $2::bigint, $3::bigint) "
    "ON CONFLICT (event_id) DO NOTHING";
static const char *const update_sql =
    "UPDATE accounts SET balance = balance + $1::bigint WHERE account = $2::bigint";
/// What workers share is locked in one order: see PostInOrder.
static const char *const ordered_sql =
    "WITH new AS (INSERT INTO ledger (event_id, account, amount) "
    "SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) "
    "ON CONFLICT (event_id) DO NOTHING RETURNING account, amount) "
    "INSERT INTO accounts AS a (account, balance) "
    "SELECT account, sum(amount)::bigint FROM new GROUP BY account ORDER BY account "
    "ON CONFLICT (account) DO UPDATE SET balance = a.balance + excluded.balance";
static const char *const batch_sql =
    "WITH new AS (INSERT INTO ledger (event_id, account, amount) "
    "SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) "
    "ON CONFLICT (event_id) DO NOTHING RETURNING account, amount), "
    "sums AS (SELECT account, sum(amount)::bigint AS amount FROM new GROUP BY account ORDER BY account) "
    "UPDATE accounts a SET balance = a.balance + s.amount FROM sums s WHERE a.account = s.account";

// MARK: Redis

static void send_read(struct consumer *consumer) {
    const char *arguments[9 + 2 * MAX_PARTITIONS] = {"XREADGROUP", "GROUP", "bench", "baseline", "COUNT"};
    char count[16], block[16];
    int share = consumer->options->batch / consumer->streams;
    snprintf(count, sizeof count, "%d", share > 0 ? share : 1);
    snprintf(block, sizeof block, "%d", BLOCK_MILLISECONDS);
    arguments[5] = count;
    arguments[6] = "BLOCK";
    arguments[7] = block;
    arguments[8] = "STREAMS";
    for (int stream = 0; stream < consumer->streams; stream++) {
        arguments[9 + stream] = consumer->keys[stream];
        arguments[9 + consumer->streams + stream] = ">";
    }
    redisAppendCommandArgv(consumer->redis, 9 + 2 * consumer->streams, arguments, NULL);
    redis_flush(consumer->redis);
    consumer->is_reading = true;
}

/// Travels with the next read: nobody waits for it.
static void acknowledge(struct consumer *consumer, const struct batch *batch) {
    const char **arguments = malloc((size_t)(batch->count + 3) * sizeof *arguments);
    size_t *lengths = malloc((size_t)(batch->count + 3) * sizeof *lengths);
    arguments[0] = "XACK", lengths[0] = 4;
    arguments[2] = "bench", lengths[2] = 5;
    for (int stream = 0; stream < consumer->streams; stream++) {
        int first = batch->begins[stream], end = batch->begins[stream + 1];
        if (first == end) continue;
        arguments[1] = consumer->keys[stream], lengths[1] = strlen(consumer->keys[stream]);
        for (int index = first; index < end; index++) {
            arguments[3 + index - first] = batch->events[index].entry_id;
            lengths[3 + index - first] = batch->events[index].entry_id_length;
        }
        redisAppendCommandArgv(consumer->redis, 3 + end - first, arguments, lengths);
        consumer->acknowledgements++;
    }
    free(arguments);
    free(lengths);
}

static void take_delivery(struct consumer *consumer, const struct reply *reply) {
    struct batch *batch = &consumer->batches[consumer->read % BATCHES];
    batch->count = 0;
    batch->has_failed = false;
    if (reply->type == REDIS_REPLY_ERROR) fail("Redis: %s", reply->text);
    if (reply->type != REDIS_REPLY_ARRAY) return;
    size_t next = 0;
    for (int stream = 0; stream < consumer->streams; stream++) {
        batch->begins[stream] = batch->count;
        // Redis answers in the order of the question, and leaves out what has nothing.
        if (next >= reply->count) continue;
        const struct reply *answer = reply->elements[next];
        if (strcmp(answer->elements[0]->text, consumer->keys[stream]) != 0) continue;
        next++;
        const struct reply *entries = answer->elements[1];
        for (size_t index = 0; index < entries->count; index++) {
            struct event *event = &batch->events[batch->count];
            if (!event_read(event, entries->elements[index])) fail("an entry without an event");
            batch->count++;
        }
    }
    batch->begins[consumer->streams] = batch->count;
    if (batch->count > 0) consumer->read++;
}

static void take_replies(struct consumer *consumer, bool readable) {
    struct reply *reply;
    while ((consumer->is_reading || consumer->acknowledgements > 0)
        && (reply = redis_reply_if_there(consumer->redis, readable))) {
        readable = false;
        if (reply->type == REDIS_REPLY_INTEGER) {
            consumer->acknowledgements--;
        } else {
            consumer->is_reading = false;
            take_delivery(consumer, reply);
        }
        redis_forget();
    }
}

// MARK: Postgres

static void send_each(struct consumer *consumer, const struct batch *batch) {
    char account[8], amount[8];
    for (int index = 0; index < batch->count; index++) {
        const struct event *event = &batch->events[index];
        put_be64(account, (uint64_t)event->account);
        put_be64(amount, (uint64_t)event->amount);
        const char *row[3] = {(const char *)event->id, account, amount};
        postgres_send(consumer->postgres, "insert", 3, row, (const int[]){16, 8, 8}, 1);
        const char *change[2] = {amount, account};
        postgres_send(consumer->postgres, "update", 2, change, (const int[]){8, 8}, 1);
    }
}

static void send_set(struct consumer *consumer, const struct batch *batch) {
    struct buffer *ids = &consumer->parameters[0], *accounts = &consumer->parameters[1];
    struct buffer *amounts = &consumer->parameters[2];
    array_begin(ids, OID_UUID, (uint32_t)batch->count);
    array_begin(accounts, OID_INT8, (uint32_t)batch->count);
    array_begin(amounts, OID_INT8, (uint32_t)batch->count);
    for (int index = 0; index < batch->count; index++) {
        const struct event *event = &batch->events[index];
        buffer_be32(ids, 16);
        buffer_append(ids, event->id, 16);
        buffer_be32(accounts, 8);
        buffer_be64(accounts, (uint64_t)event->account);
        buffer_be32(amounts, 8);
        buffer_be64(amounts, (uint64_t)event->amount);
    }
    const char *values[3] = {ids->bytes, accounts->bytes, amounts->bytes};
    const int lengths[3] = {(int)ids->count, (int)accounts->count, (int)amounts->count};
    postgres_send(consumer->postgres, "batch", 3, values, lengths, 1);
}

static void send_batch(struct consumer *consumer, long number) {
    struct batch *batch = &consumer->batches[number % BATCHES];
    enum handler handler = consumer->options->handler;
    if (handler == HANDLER_ADAPTIVE) handler = batch->count <= FEW ? HANDLER_EACH : HANDLER_BATCH;
    if (handler == HANDLER_EACH) send_each(consumer, batch);
    else send_set(consumer, batch);
    postgres_sync(consumer->postgres);
    consumer->flight[consumer->flying++] = number;
}

static void finish_committed(struct consumer *consumer) {
    while (consumer->committed < consumer->sent) {
        struct batch *batch = &consumer->batches[consumer->committed % BATCHES];
        if (!batch->is_committed) return;
        batch->is_committed = false;
        consumer->committed++;
        acknowledge(consumer, batch);
        progress_add(consumer->progress, batch->count);
    }
}

static void send_all(struct consumer *consumer) {
    while (consumer->sent < consumer->read && consumer->sent - consumer->committed < IN_FLIGHT) {
        long number = consumer->sent++;
        if (consumer->options->handler == HANDLER_NONE) {
            consumer->batches[number % BATCHES].is_committed = true;
            finish_committed(consumer);
        } else {
            send_batch(consumer, number);
        }
    }
}

static void take_results(struct consumer *consumer) {
    if (!PQconsumeInput(consumer->postgres)) fail("Postgres: %s", PQerrorMessage(consumer->postgres));
    while (consumer->flying > 0 && !PQisBusy(consumer->postgres)) {
        PGresult *result = PQgetResult(consumer->postgres);
        if (!result) continue;
        ExecStatusType status = PQresultStatus(result);
        long number = consumer->flight[0];
        struct batch *batch = &consumer->batches[number % BATCHES];
        if (status == PGRES_FATAL_ERROR) {
            const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
            if (!state || strcmp(state, "40P01") != 0) fail("Postgres: %s", PQresultErrorMessage(result));
            batch->has_failed = true;
        }
        PQclear(result);
        if (status != PGRES_PIPELINE_SYNC) continue;
        consumer->flying--;
        memmove(consumer->flight, consumer->flight + 1, (size_t)consumer->flying * sizeof consumer->flight[0]);
        batch->is_committed = !batch->has_failed;
        // A deadlock: once more, behind what is at the server.
        if (batch->has_failed) send_batch(consumer, number);
        batch->has_failed = false;
        finish_committed(consumer);
    }
}

// MARK: Running

static struct consumer *open_consumer(const struct options *options, struct progress *progress, int worker) {
    struct consumer *consumer = calloc(1, sizeof *consumer);
    if (!consumer) fail("out of memory");
    consumer->options = options;
    consumer->progress = progress;
    consumer->redis = redis_open(options->redis_port);
    for (int partition = worker; partition < options->partitions; partition += options->workers) {
        char *key = consumer->keys[consumer->streams++];
        snprintf(key, sizeof consumer->keys[0], "postings:%d", partition);
        const char *make[] = {"XGROUP", "CREATE", key, "bench", options->from, "MKSTREAM"};
        redisAppendCommandArgv(consumer->redis, 6, make, NULL);
        redis_flush(consumer->redis);
        redis_skip(consumer->redis, 1);
    }
    int room = options->batch + MAX_PARTITIONS;
    for (int index = 0; index < BATCHES; index++)
        consumer->batches[index].events = calloc((size_t)room, sizeof(struct event));
    if (options->handler == HANDLER_NONE) return consumer;
    consumer->postgres = postgres_open(options->postgres);
    postgres_prepare(consumer->postgres, "insert", insert_sql);
    postgres_prepare(consumer->postgres, "update", update_sql);
    postgres_prepare(consumer->postgres, "batch", options->handler == HANDLER_ORDERED ? ordered_sql : batch_sql);
    if (!PQenterPipelineMode(consumer->postgres)) fail("Postgres: no pipeline mode");
    return consumer;
}

struct start {
    const struct options *options;
    struct progress *progress;
    int worker;
};

static void *run(void *argument) {
    struct start start = *(struct start *)argument;
    free(argument);
    struct consumer *consumer = open_consumer(start.options, start.progress, start.worker);
    bool has_postgres = consumer->postgres != NULL;
    while (!atomic_load(&start.progress->stop)) {
        if (!consumer->is_reading && consumer->read - consumer->committed < BATCHES) send_read(consumer);
        send_all(consumer);
        if (!has_postgres && !consumer->is_reading) continue;
        int flushing = has_postgres ? PQflush(consumer->postgres) : 0;
        if (flushing < 0) fail("Postgres: %s", PQerrorMessage(consumer->postgres));
        struct pollfd waits[2] = {
            {.fd = consumer->redis->fd, .events = POLLIN},
            {.fd = has_postgres ? PQsocket(consumer->postgres) : -1, .events = POLLIN | (flushing ? POLLOUT : 0)},
        };
        poll(waits, 2, 1000);
        if (waits[1].revents & POLLIN) take_results(consumer);
        if (waits[0].revents & POLLIN) take_replies(consumer, true);
    }
    redis_flush(consumer->redis);
    return NULL;
}

void consume_start(const struct options *options, struct progress *progress, pthread_t *threads) {
    for (int worker = 0; worker < options->workers; worker++) {
        struct start *start = malloc(sizeof *start);
        if (!start) fail("out of memory");
        *start = (struct start){options, progress, worker};
        if (pthread_create(&threads[worker], NULL, run, start) != 0) fail("cannot start a thread");
    }
}

void consume(const struct options *options, struct progress *progress) {
    pthread_t threads[MAX_WORKERS];
    consume_start(options, progress, threads);
    progress_wait(progress, options->seconds);
    atomic_store(&progress->stop, true);
    for (int worker = 0; worker < options->workers; worker++) pthread_join(threads[worker], NULL);
}
