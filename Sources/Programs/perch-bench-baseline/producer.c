// A producer: a transaction inserts business rows and their events in the outbox, in one round trip.
#include "baseline.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct producer {
    PGconn *postgres;
    int partitions;
    /// ids, accounts, amounts; then as the outbox has them: crc, keys, times, data.
    struct buffer columns[7];
};

static const char *const one_request = "INSERT INTO requests (event_id, account, amount) VALUES ($1::uuid, $2::bigint, $3::bigint)";
static const char *const one_event =
    "INSERT INTO perch.outbox (topic, partition, event_id, type, version, key, time, data, is_checked) "
    "VALUES ('postings', ($1::bigint % (SELECT partitions FROM perch.topics WHERE topic = 'postings'))::int, "
    "$2::uuid, 'posted', 1, $3::text, $4::timestamptz, $5::json, true)";
static const char *const many_requests =
    "INSERT INTO requests (event_id, account, amount) SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[])";
static const char *const many_events =
    "INSERT INTO perch.outbox (topic, partition, event_id, type, version, key, time, data, is_checked) "
    "SELECT 'postings', (e.crc % t.partitions)::int, e.id, 'posted', 1, e.key, e.time, e.data::json, true "
    "FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[]) "
    "WITH ORDINALITY AS e (crc, id, key, time, data, place) "
    "LEFT JOIN perch.topics t ON t.topic = 'postings' ORDER BY e.place";

struct producer *producer_open(const struct options *options) {
    struct producer *producer = calloc(1, sizeof *producer);
    if (!producer) fail("out of memory");
    producer->partitions = options->partitions;
    producer->postgres = postgres_open(options->postgres);
    postgres_prepare(producer->postgres, "one_request", one_request);
    postgres_prepare(producer->postgres, "one_event", one_event);
    postgres_prepare(producer->postgres, "many_requests", many_requests);
    postgres_prepare(producer->postgres, "many_events", many_events);
    if (!PQenterPipelineMode(producer->postgres)) fail("Postgres: no pipeline mode");
    return producer;
}

static size_t uuid_text(char *text, const uint8_t id[16]) {
    static const char digits[] = "0123456789abcdef";
    char *place = text;
    for (int index = 0; index < 16; index++) {
        if (index == 4 || index == 6 || index == 8 || index == 10) *place++ = '-';
        *place++ = digits[id[index] >> 4];
        *place++ = digits[id[index] & 15];
    }
    return (size_t)(place - text);
}

static void append_json(struct buffer *json, const uint8_t id[16], long number) {
    char text[36];
    uuid_text(text, id);
    buffer_append(json, "{\"posting_id\":\"", 15);
    buffer_append(json, text, 36);
    buffer_append(json, "\",\"account\":", 12);
    buffer_decimal(json, number % ACCOUNTS);
    buffer_append(json, ",\"amount\":", 10);
    buffer_decimal(json, number % 97 + 1);
    buffer_append(json, ",\"note\":\"posting ", 17);
    buffer_decimal(json, number);
    buffer_append(json, "\"}", 2);
}

/// Microseconds since 2000, as Postgres counts; to the millisecond.
static uint64_t postgres_time(void) { return (uint64_t)(wall_milliseconds() - 946684800000) * 1000; }

static void send_one(struct producer *producer, long number) {
    uint8_t id[16], posting[16];
    make_uuid_v7(id);
    make_uuid_v7(posting);
    char account[8], amount[8], crc[8], time[8], key[24];
    put_be64(account, (uint64_t)(number % ACCOUNTS));
    put_be64(amount, (uint64_t)(number % 97 + 1));
    int key_length = snprintf(key, sizeof key, "%ld", number % ACCOUNTS);
    put_be64(crc, crc32_of(key, (size_t)key_length));
    put_be64(time, postgres_time());
    struct buffer *json = &producer->columns[6];
    json->count = 0;
    append_json(json, posting, number);
    const char *request[3] = {(const char *)id, account, amount};
    postgres_send(producer->postgres, "one_request", 3, request, (const int[]){16, 8, 8}, 1);
    const char *event[5] = {crc, (const char *)id, key, time, json->bytes};
    postgres_send(producer->postgres, "one_event", 5, event, (const int[]){8, 16, key_length, 8, (int)json->count}, 1);
}

static void put_length(struct buffer *column, size_t place) {
    uint32_t length = __builtin_bswap32((uint32_t)(column->count - place - 4));
    memcpy(column->bytes + place, &length, 4);
}

static void send_many(struct producer *producer, long first, int count) {
    enum { IDS, ACCOUNT_NUMBERS, AMOUNTS, CRCS, KEYS, TIMES, DATA };
    static const uint32_t types[7] = {OID_UUID, OID_INT8, OID_INT8, OID_INT8, OID_TEXT, OID_TIMESTAMPTZ, OID_TEXT};
    struct buffer *columns = producer->columns;
    for (int column = 0; column < 7; column++) array_begin(&columns[column], types[column], (uint32_t)count);
    for (long number = first; number < first + count; number++) {
        uint8_t id[16], posting[16];
        make_uuid_v7(id);
        make_uuid_v7(posting);
        buffer_be32(&columns[IDS], 16);
        buffer_append(&columns[IDS], id, 16);
        buffer_be32(&columns[ACCOUNT_NUMBERS], 8);
        buffer_be64(&columns[ACCOUNT_NUMBERS], (uint64_t)(number % ACCOUNTS));
        buffer_be32(&columns[AMOUNTS], 8);
        buffer_be64(&columns[AMOUNTS], (uint64_t)(number % 97 + 1));
        size_t place = columns[KEYS].count;
        buffer_be32(&columns[KEYS], 0);
        buffer_decimal(&columns[KEYS], number % ACCOUNTS);
        put_length(&columns[KEYS], place);
        buffer_be32(&columns[CRCS], 8);
        const char *key = columns[KEYS].bytes + place + 4;
        buffer_be64(&columns[CRCS], crc32_of(key, columns[KEYS].count - place - 4));
        buffer_be32(&columns[TIMES], 8);
        buffer_be64(&columns[TIMES], postgres_time());
        place = columns[DATA].count;
        buffer_be32(&columns[DATA], 0);
        append_json(&columns[DATA], posting, number);
        put_length(&columns[DATA], place);
    }
    const char *values[7];
    int lengths[7];
    for (int column = 0; column < 7; column++) {
        values[column] = columns[column].bytes;
        lengths[column] = (int)columns[column].count;
    }
    postgres_send(producer->postgres, "many_requests", 3, values, lengths, 1);
    const char *events[5] = {values[CRCS], values[IDS], values[KEYS], values[TIMES], values[DATA]};
    const int event_lengths[5] = {lengths[CRCS], lengths[IDS], lengths[KEYS], lengths[TIMES], lengths[DATA]};
    postgres_send(producer->postgres, "many_events", 5, events, event_lengths, 1);
}

void producer_send(struct producer *producer, long first, int count) {
    if (count == 1) send_one(producer, first);
    else send_many(producer, first, count);
    postgres_sync(producer->postgres);
}

void producer_wait(struct producer *producer) { postgres_wait(producer->postgres, false); }

// MARK: The workload

struct publishing {
    const struct options *options;
    struct progress *progress;
    atomic_long next;
};

static void *run(void *argument) {
    struct publishing *job = argument;
    const struct options *options = job->options;
    struct producer *producer = producer_open(options);
    bool is_first = true;
    int waiting = 0;
    while (true) {
        long first = atomic_fetch_add(&job->next, options->transaction);
        long left = options->events - first;
        int count = (int)(left < options->transaction ? left : options->transaction);
        // Large transactions are made ready while the one before them runs; a single event's caller waits for it.
        if (count > 0) producer_send(producer, first, count);
        if (waiting > 0 && (options->transaction > 1 || count <= 0)) {
            producer_wait(producer);
            progress_add(job->progress, waiting);
        }
        if (count <= 0) return NULL;
        waiting = count;
        if (options->transaction == 1 || is_first) {
            producer_wait(producer);
            progress_add(job->progress, count);
            waiting = 0;
        }
        is_first = false;
    }
}

void publish(const struct options *options, struct progress *progress) {
    struct publishing job = {.options = options, .progress = progress};
    pthread_t threads[MAX_WORKERS];
    for (int index = 0; index < options->connections; index++)
        if (pthread_create(&threads[index], NULL, run, &job) != 0) fail("cannot start a thread");
    for (int index = 0; index < options->connections; index++) pthread_join(threads[index], NULL);
}
