// Started by perch-bench. It says "ready", does its work when it reads a line, says what it measured, and waits for the end
// of its input, so that its servers' connections can be looked at until then.
#include "baseline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const char *const usage =
    "usage: perch-bench-baseline WORKLOAD --postgres CONNINFO --redis-port PORT [OPTION VALUE]…\n"
    "workloads: consume, publish, relay, whole, latency, idle; perch-bench starts it with the same options as its own side\n";

static enum handler read_handler(const char *name) {
    if (strcmp(name, "none") == 0) return HANDLER_NONE;
    if (strcmp(name, "each") == 0) return HANDLER_EACH;
    if (strcmp(name, "batch") == 0) return HANDLER_BATCH;
    if (strcmp(name, "ordered") == 0) return HANDLER_ORDERED;
    if (strcmp(name, "adaptive") == 0) return HANDLER_ADAPTIVE;
    fail("unknown handler %s: expected none, each, batch, ordered or adaptive", name);
}

struct options read_options(int count, char **arguments) {
    struct options options = {
        .handler = HANDLER_EACH, .partitions = 1, .workers = 1, .batch = 500, .events = 1000, .from = "0-0",
        .transaction = 1, .connections = 1,
    };
    if (count < 2 || strcmp(arguments[1], "--help") == 0) {
        fputs(usage, count < 2 ? stderr : stdout);
        exit(count < 2 ? 64 : 0);
    }
    options.workload = arguments[1];
    for (int index = 2; index + 1 < count; index += 2) {
        const char *name = arguments[index], *value = arguments[index + 1];
        if (strcmp(name, "--postgres") == 0) options.postgres = value;
        else if (strcmp(name, "--redis-port") == 0) options.redis_port = atoi(value);
        else if (strcmp(name, "--handler") == 0) options.handler = read_handler(value);
        else if (strcmp(name, "--partitions") == 0) options.partitions = atoi(value);
        else if (strcmp(name, "--workers") == 0) options.workers = atoi(value);
        else if (strcmp(name, "--batch") == 0) options.batch = atoi(value);
        else if (strcmp(name, "--events") == 0) options.events = atol(value);
        else if (strcmp(name, "--from") == 0) options.from = value;
        else if (strcmp(name, "--transaction") == 0) options.transaction = atoi(value);
        else if (strcmp(name, "--rate") == 0) options.rate = atof(value);
        else if (strcmp(name, "--seconds") == 0) options.seconds = atof(value);
        else if (strcmp(name, "--connections") == 0) options.connections = atoi(value);
        else fail("unknown option %s\n%s", name, usage);
    }
    if (!options.postgres || options.redis_port == 0) fail("--postgres and --redis-port are needed\n%s", usage);
    if (options.partitions < 1 || options.partitions > MAX_PARTITIONS || options.workers < 1
        || options.workers > MAX_WORKERS || options.workers > options.partitions || options.batch < 1
        || options.events < 1 || options.transaction < 1 || options.connections < 1 || options.connections > MAX_WORKERS)
        fail("an option is out of its range");
    return options;
}

static double cpu_seconds(void) {
    struct rusage usage_now;
    getrusage(RUSAGE_SELF, &usage_now);
    return (double)(usage_now.ru_utime.tv_sec + usage_now.ru_stime.tv_sec)
        + (double)(usage_now.ru_utime.tv_usec + usage_now.ru_stime.tv_usec) / 1e6;
}

int main(int count, char **arguments) {
    struct options options = read_options(count, arguments);
    struct progress progress = {.target = options.events};
    sem_init(&progress.reached, 0, 0);
    puts("ready");
    fflush(stdout);
    if (getchar() == EOF) return 1;
    double cpu = cpu_seconds();
    if (strcmp(options.workload, "consume") == 0) consume(&options, &progress);
    else if (strcmp(options.workload, "publish") == 0) publish(&options, &progress);
    else if (strcmp(options.workload, "relay") == 0) relay(&options, &progress);
    else whole_way(&options, &progress);
    cpu = cpu_seconds() - cpu;
    printf(
        "done events=%ld measured=%ld seconds=%.6f cpu=%.6f\n", atomic_load(&progress.done),
        atomic_load(&progress.done) - atomic_load(&progress.first_count),
        atomic_load(&progress.last_at) - atomic_load(&progress.first_at), cpu
    );
    fflush(stdout);
    while (getchar() != EOF) {}
    return 0;
}
