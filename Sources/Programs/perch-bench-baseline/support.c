#include "baseline.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("perch-bench-baseline: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

double monotonic_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int64_t wall_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void make_uuid_v7(uint8_t id[16]) {
    static _Thread_local uint64_t random;
    static _Thread_local uint16_t counter;
    static atomic_uint_fast64_t threads;
    if (random == 0) random = (uint64_t)wall_milliseconds() * 0x9E3779B97F4A7C15u + (atomic_fetch_add(&threads, 1) << 32) + 1;
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    uint64_t milliseconds = (uint64_t)wall_milliseconds();
    counter++;
    for (int index = 0; index < 6; index++) id[index] = (uint8_t)(milliseconds >> (40 - 8 * index));
    id[6] = 0x70 | ((counter >> 8) & 0x0F);
    id[7] = (uint8_t)counter;
    memcpy(id + 8, &random, 8);
    id[8] = 0x80 | (id[8] & 0x3F);
}

uint32_t crc32_of(const char *text, size_t length) {
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t index = 0; index < length; index++) {
        crc ^= (uint8_t)text[index];
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1)));
    }
    return ~crc;
}

char *buffer_reserve(struct buffer *buffer, size_t count) {
    if (buffer->count + count > buffer->capacity) {
        buffer->capacity = (buffer->count + count) * 2 + 4096;
        buffer->bytes = realloc(buffer->bytes, buffer->capacity);
        if (!buffer->bytes) fail("out of memory");
    }
    return buffer->bytes + buffer->count;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t count) {
    memcpy(buffer_reserve(buffer, count), bytes, count);
    buffer->count += count;
}

void buffer_be16(struct buffer *buffer, uint16_t value) {
    uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    buffer_append(buffer, bytes, 2);
}

void buffer_be32(struct buffer *buffer, uint32_t value) {
    value = __builtin_bswap32(value);
    buffer_append(buffer, &value, 4);
}

void buffer_be64(struct buffer *buffer, uint64_t value) {
    value = __builtin_bswap64(value);
    buffer_append(buffer, &value, 8);
}

void buffer_decimal(struct buffer *buffer, int64_t value) {
    char digits[24];
    int place = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--place] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0) digits[--place] = '-';
    buffer_append(buffer, digits + place, sizeof digits - (size_t)place);
}

void put_be64(void *place, uint64_t value) {
    value = __builtin_bswap64(value);
    memcpy(place, &value, 8);
}

uint64_t get_be64(const void *place) {
    uint64_t value;
    memcpy(&value, place, 8);
    return __builtin_bswap64(value);
}

uint32_t get_be32(const void *place) {
    uint32_t value;
    memcpy(&value, place, 4);
    return __builtin_bswap32(value);
}

void array_begin(struct buffer *array, uint32_t type, uint32_t count) {
    array->count = 0;
    buffer_be32(array, 1);
    buffer_be32(array, 0);
    buffer_be32(array, type);
    buffer_be32(array, count);
    buffer_be32(array, 1);
}

void progress_add(struct progress *progress, long events) {
    double now = monotonic_seconds();
    long before = atomic_fetch_add(&progress->done, events);
    if (before == 0) {
        atomic_store(&progress->first_count, events);
        atomic_store(&progress->first_at, now);
    }
    atomic_store(&progress->last_at, now);
    if (before < progress->target && before + events >= progress->target) sem_post(&progress->reached);
}

void progress_wait(struct progress *progress, double seconds) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)seconds;
    while ((seconds > 0 ? sem_timedwait(&progress->reached, &until) : sem_wait(&progress->reached)) != 0)
        if (errno == ETIMEDOUT) return;
}
