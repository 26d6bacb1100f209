// The limit that Perch is measured against: the same work in C, with hiredis and libpq used as well as they can be.
// It is written to win and gives up what Perch promises beyond the effects: no leases, no checkpoints, no order after a
// failure. What it keeps is durability, and effects that are exactly once by the event's id.
#pragma once

#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_PARTITIONS = 64, MAX_WORKERS = 16, ACCOUNTS = 1000 };

enum handler { HANDLER_NONE, HANDLER_EACH, HANDLER_BATCH, HANDLER_ORDERED, HANDLER_ADAPTIVE };

struct options {
    const char *workload;
    const char *postgres;
    int redis_port;
    enum handler handler;
    int partitions;
    int workers;
    int batch;
    long events;
    /// The position that each partition's group starts behind.
    const char *from;
    /// Events a transaction, of the producer.
    int transaction;
    double rate;
    double seconds;
    int connections;
};

void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
struct options read_options(int count, char **arguments);

// Clocks and identities
double monotonic_seconds(void);
int64_t wall_milliseconds(void);
void make_uuid_v7(uint8_t id[16]);
uint32_t crc32_of(const char *text, size_t length);

// Bytes that grow
struct buffer {
    char *bytes;
    size_t count;
    size_t capacity;
};
char *buffer_reserve(struct buffer *buffer, size_t count);
void buffer_append(struct buffer *buffer, const void *bytes, size_t count);
void buffer_be16(struct buffer *buffer, uint16_t value);
void buffer_be32(struct buffer *buffer, uint32_t value);
void buffer_be64(struct buffer *buffer, uint64_t value);
/// A decimal number.
void buffer_decimal(struct buffer *buffer, int64_t value);
void put_be64(void *place, uint64_t value);
uint64_t get_be64(const void *place);
uint32_t get_be32(const void *place);

// Redis: replies in one arena, that is emptied as a whole
struct reply {
    int type;
    long long integer;
    size_t count;
    const char *text;
    struct reply **elements;
};
redisContext *redis_open(int port);
void redis_flush(redisContext *redis);
/// The next reply, waited for; it lives until `redis_forget`.
struct reply *redis_reply(redisContext *redis);
/// As `redis_reply`; NULL when it has not all come yet. Reads once if `readable`.
struct reply *redis_reply_if_there(redisContext *redis, bool readable);
void redis_forget(void);
void redis_skip(redisContext *redis, long replies);

// Postgres: pipelines of prepared statements
PGconn *postgres_open(const char *conninfo);
void postgres_prepare(PGconn *postgres, const char *name, const char *sql);
void postgres_send(
    PGconn *postgres, const char *name, int count, const char *const values[], const int lengths[], int format
);
void postgres_sync(PGconn *postgres);
/// Waits until the pipeline up to its next sync is done. The last result with rows, if it is wanted, else NULL.
PGresult *postgres_wait(PGconn *postgres, bool wants_rows);

// Arrays in Postgres's binary form
enum { OID_INT4 = 23, OID_INT8 = 20, OID_TEXT = 25, OID_UUID = 2950, OID_TIMESTAMPTZ = 1184 };
void array_begin(struct buffer *array, uint32_t type, uint32_t count);

// An event of a batch
struct event {
    char entry_id[44];
    uint8_t entry_id_length;
    uint8_t id[16];
    int64_t account;
    int64_t amount;
};
/// False where the entry has no event of ours.
bool event_read(struct event *event, const struct reply *entry);

/// What is measured: from the first commit to the last, so that the way to the first one is not in it.
struct progress {
    long target;
    sem_t reached;
    atomic_long done;
    atomic_long first_count;
    _Atomic double first_at;
    _Atomic double last_at;
    atomic_bool stop;
};
void progress_add(struct progress *progress, long events);
/// Until all is done; with `seconds` above 0, for so long.
void progress_wait(struct progress *progress, double seconds);

void consume(const struct options *options, struct progress *progress);
void publish(const struct options *options, struct progress *progress);
void relay(const struct options *options, struct progress *progress);
void whole_way(const struct options *options, struct progress *progress);

/// One relay, for `relay` and `whole_way`: until `stop` is raised.
struct relay_job {
    const struct options *options;
    struct progress *progress;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool has_work;
};
void *relay_run(void *job);
void relay_wake(struct relay_job *job);

/// Producer's statements.
struct producer;
struct producer *producer_open(const struct options *options);
/// Prepares and sends a transaction of `count` events, numbered from `first`.
void producer_send(struct producer *producer, long first, int count);
void producer_wait(struct producer *producer);

void consume_start(const struct options *options, struct progress *progress, pthread_t *threads);
