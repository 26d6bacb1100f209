// A relay: positions are given by the same function of the schema, and entries appended without looking at the stream.
// While Redis takes one batch, Postgres gives the positions of the next.
#include "baseline.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ASSIGN_LIMIT = 1000, POLL_MILLISECONDS = 50 };

static const char *const assign_sql =
    "SELECT partition, position, milliseconds, event_id, type, version, key, time, data::text "
    "FROM perch.assign_positions($1::int, '{}')";

/// `$36\r\n…\r\n`
static void bulk(struct buffer *command, const char *text, size_t length) {
    buffer_append(command, "$", 1);
    buffer_decimal(command, (int64_t)length);
    buffer_append(command, "\r\n", 2);
    buffer_append(command, text, length);
    buffer_append(command, "\r\n", 2);
}

#define LITERAL(command, text) bulk(command, text, sizeof(text) - 1)

static size_t uuid_text(char *text, const uint8_t *id) {
    static const char digits[] = "0123456789abcdef";
    char *place = text;
    for (int index = 0; index < 16; index++) {
        if (index == 4 || index == 6 || index == 8 || index == 10) *place++ = '-';
        *place++ = digits[id[index] >> 4];
        *place++ = digits[id[index] & 15];
    }
    return (size_t)(place - text);
}

/// RFC 3339 with milliseconds; the date is worked out once a second.
static size_t time_text(char text[32], int64_t microseconds_since_2000) {
    static _Thread_local time_t known = -1;
    static _Thread_local char date[24];
    int64_t milliseconds = microseconds_since_2000 / 1000 + 946684800000;
    time_t seconds = (time_t)(milliseconds / 1000);
    if (seconds != known) {
        struct tm parts;
        gmtime_r(&seconds, &parts);
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
        known = seconds;
    }
    memcpy(text, date, 19);
    int rest = (int)(milliseconds % 1000);
    text[19] = '.';
    text[20] = (char)('0' + rest / 100);
    text[21] = (char)('0' + rest / 10 % 10);
    text[22] = (char)('0' + rest % 10);
    text[23] = 'Z';
    return 24;
}

static void append_entry(struct buffer *command, const PGresult *rows, int row) {
    char key[48], id[64], text[64];
    buffer_append(command, "*19\r\n", 5);
    LITERAL(command, "XADD");
    int length = snprintf(key, sizeof key, "postings:%u", get_be32(PQgetvalue(rows, row, 0)));
    bulk(command, key, (size_t)length);
    struct buffer name = {id, 0, sizeof id};
    buffer_decimal(&name, (int64_t)get_be64(PQgetvalue(rows, row, 2)));
    buffer_append(&name, "-", 1);
    buffer_decimal(&name, (int64_t)get_be64(PQgetvalue(rows, row, 1)));
    bulk(command, id, name.count);
    LITERAL(command, "specversion");
    LITERAL(command, "1.0");
    LITERAL(command, "id");
    bulk(command, text, uuid_text(text, (const uint8_t *)PQgetvalue(rows, row, 3)));
    LITERAL(command, "source");
    LITERAL(command, "bench");
    LITERAL(command, "type");
    const char *type = PQgetvalue(rows, row, 4);
    size_t type_length = (size_t)PQgetlength(rows, row, 4);
    bulk(command, type, type_length);
    LITERAL(command, "subject");
    bulk(command, PQgetvalue(rows, row, 6), (size_t)PQgetlength(rows, row, 6));
    LITERAL(command, "time");
    bulk(command, text, time_text(text, (int64_t)get_be64(PQgetvalue(rows, row, 7))));
    LITERAL(command, "dataschema");
    length = snprintf(text, sizeof text, "%.*s/%u", (int)type_length, type, get_be32(PQgetvalue(rows, row, 5)));
    bulk(command, text, (size_t)length);
    LITERAL(command, "data");
    bulk(command, PQgetvalue(rows, row, 8), (size_t)PQgetlength(rows, row, 8));
}

static void wait_for_work(struct relay_job *job) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += POLL_MILLISECONDS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    pthread_mutex_lock(&job->lock);
    while (!job->has_work)
        if (pthread_cond_timedwait(&job->woken, &job->lock, &until) == ETIMEDOUT) break;
    job->has_work = false;
    pthread_mutex_unlock(&job->lock);
}

void relay_wake(struct relay_job *job) {
    pthread_mutex_lock(&job->lock);
    job->has_work = true;
    pthread_cond_signal(&job->woken);
    pthread_mutex_unlock(&job->lock);
}

static void ask(PGconn *postgres) {
    uint32_t limit = __builtin_bswap32(ASSIGN_LIMIT);
    const char *values[1] = {(const char *)&limit};
    postgres_send(postgres, "assign", 1, values, (const int[]){4}, 1);
    postgres_sync(postgres);
}

void *relay_run(void *argument) {
    struct relay_job *job = argument;
    redisContext *redis = redis_open(job->options->redis_port);
    PGconn *postgres = postgres_open(job->options->postgres);
    postgres_prepare(postgres, "assign", assign_sql);
    if (!PQenterPipelineMode(postgres)) fail("Postgres: no pipeline mode");
    struct buffer command = {0};
    long appended = 0;
    ask(postgres);
    while (true) {
        PGresult *rows = postgres_wait(postgres, true);
        int count = PQntuples(rows);
        if (count == 0 && appended == 0) {
            PQclear(rows);
            if (atomic_load(&job->progress->stop)) break;
            wait_for_work(job);
            ask(postgres);
            continue;
        }
        bool is_last = count == 0;
        if (!is_last) ask(postgres);
        command.count = 0;
        for (int row = 0; row < count; row++) append_entry(&command, rows, row);
        PQclear(rows);
        // What Redis was given before; its replies have come while this batch was made ready.
        redis_skip(redis, appended);
        if (job->options->workload[0] == 'r') progress_add(job->progress, appended);
        appended = count;
        if (count > 0) {
            redisAppendFormattedCommand(redis, command.bytes, command.count);
            redis_flush(redis);
        }
        if (is_last) ask(postgres);
    }
    PQfinish(postgres);
    return NULL;
}

void relay(const struct options *options, struct progress *progress) {
    struct relay_job job = {.options = options, .progress = progress};
    pthread_mutex_init(&job.lock, NULL);
    pthread_cond_init(&job.woken, NULL);
    pthread_t thread;
    if (pthread_create(&thread, NULL, relay_run, &job) != 0) fail("cannot start a thread");
    progress_wait(progress, 0);
    atomic_store(&progress->stop, true);
    relay_wake(&job);
    pthread_join(thread, NULL);
}
