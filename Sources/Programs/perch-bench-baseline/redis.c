// hiredis with reply objects of our own: a reply's nodes and bytes lie in one arena, and there is nothing to free.
#include "baseline.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARENA_BLOCK = 1 << 20 };

struct block {
    struct block *next;
    size_t used;
    size_t size;
    char bytes[];
};

static _Thread_local struct block *arena;
static _Thread_local struct block *current;

static void *take(size_t count) {
    count = (count + 7) & ~(size_t)7;
    while (current && current->used + count > current->size) {
        if (!current->next) break;
        current = current->next;
        current->used = 0;
    }
    if (!current || current->used + count > current->size) {
        size_t size = count > ARENA_BLOCK ? count : ARENA_BLOCK;
        struct block *block = malloc(sizeof *block + size);
        if (!block) fail("out of memory");
        *block = (struct block){.size = size};
        if (current) current->next = block;
        else arena = block;
        current = block;
    }
    void *place = current->bytes + current->used;
    current->used += count;
    return place;
}

void redis_forget(void) {
    current = arena;
    if (current) current->used = 0;
}

static struct reply *node(const redisReadTask *task) {
    struct reply *reply = take(sizeof *reply);
    *reply = (struct reply){.type = task->type};
    if (task->parent) ((struct reply *)task->parent->obj)->elements[task->idx] = reply;
    return reply;
}

static void *make_string(const redisReadTask *task, char *text, size_t length) {
    struct reply *reply = node(task);
    char *copy = take(length + 1);
    memcpy(copy, text, length);
    copy[length] = 0;
    reply->text = copy;
    reply->count = length;
    return reply;
}

#if HIREDIS_MAJOR >= 1
static void *make_array(const redisReadTask *task, size_t count) {
#else
static void *make_array(const redisReadTask *task, int count) {
#endif
    struct reply *reply = node(task);
    reply->count = count > 0 ? (size_t)count : 0;
    reply->elements = take(reply->count * sizeof(struct reply *) + 8);
    return reply;
}

static void *make_integer(const redisReadTask *task, long long value) {
    struct reply *reply = node(task);
    reply->integer = value;
    return reply;
}

static void *make_nil(const redisReadTask *task) {
    struct reply *reply = node(task);
    reply->type = REDIS_REPLY_NIL;
    return reply;
}

static void free_nothing(void *reply) { (void)reply; }

static redisReplyObjectFunctions functions = {
    .createString = make_string,
    .createArray = make_array,
    .createInteger = make_integer,
    .createNil = make_nil,
    .freeObject = free_nothing,
};

redisContext *redis_open(int port) {
    redisContext *redis = redisConnectNonBlock("127.0.0.1", port);
    if (!redis || redis->err) fail("cannot connect to Redis on port %d", port);
    struct pollfd wait = {.fd = redis->fd, .events = POLLOUT};
    if (poll(&wait, 1, 5000) != 1) fail("Redis on port %d does not answer", port);
    redisEnableKeepAlive(redis);
    redis->reader->fn = &functions;
    // The buffer of a large reply is kept for the next one.
    redis->reader->maxbuf = 0;
    return redis;
}

/// As redisBufferRead, that takes 16 KiB at a time, but with a sixteenth of its calls.
static void receive(redisContext *redis) {
    static _Thread_local char input[1 << 18];
    ssize_t count = read(redis->fd, input, sizeof input);
    if (count == 0) fail("Redis closed the connection");
    if (count < 0) {
        if (errno == EAGAIN || errno == EINTR) return;
        fail("Redis: %s", strerror(errno));
    }
    if (redisReaderFeed(redis->reader, input, (size_t)count) != REDIS_OK) fail("Redis: %s", redis->reader->errstr);
}

void redis_flush(redisContext *redis) {
    int done = 0;
    while (!done) {
        if (redisBufferWrite(redis, &done) != REDIS_OK) fail("Redis: %s", redis->errstr);
        if (done) return;
        // A server that waits for us to read must not wait for ever.
        struct pollfd wait = {.fd = redis->fd, .events = POLLOUT | POLLIN};
        poll(&wait, 1, -1);
        if (wait.revents & POLLIN) receive(redis);
    }
}

struct reply *redis_reply_if_there(redisContext *redis, bool readable) {
    void *reply = NULL;
    if (readable) receive(redis);
    if (redisReaderGetReply(redis->reader, &reply) != REDIS_OK) fail("Redis: %s", redis->reader->errstr);
    return reply;
}

struct reply *redis_reply(redisContext *redis) {
    struct reply *reply = redis_reply_if_there(redis, false);
    while (!reply) {
        struct pollfd wait = {.fd = redis->fd, .events = POLLIN};
        poll(&wait, 1, -1);
        reply = redis_reply_if_there(redis, true);
    }
    return reply;
}

void redis_skip(redisContext *redis, long replies) {
    for (long index = 0; index < replies; index++) {
        struct reply *reply = redis_reply(redis);
        if (reply->type == REDIS_REPLY_ERROR) fail("Redis: %s", reply->text);
        redis_forget();
    }
}
