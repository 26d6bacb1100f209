// The whole way in one process: a producer, a relay that it wakes, and consumers. Also idle: nothing is produced.
#include "baseline.h"

#include <errno.h>
#include <time.h>

/// Sleeps until a moment of the monotonic clock.
static void sleep_until(double moment) {
    struct timespec until = {(time_t)moment, (long)((moment - (double)(time_t)moment) * 1e9)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {}
}

/// One after another as fast as they go, or (rate above 0) each when it is due: an open loop.
static void produce(const struct options *options, struct relay_job *job) {
    struct producer *producer = producer_open(options);
    double start = monotonic_seconds();
    for (long first = 0; first < options->events; first += options->transaction) {
        if (options->rate > 0) sleep_until(start + (double)first / options->rate);
        long left = options->events - first;
        producer_send(producer, first, (int)(left < options->transaction ? left : options->transaction));
        producer_wait(producer);
        relay_wake(job);
    }
}

void whole_way(const struct options *options, struct progress *progress) {
    struct relay_job job = {.options = options, .progress = progress};
    pthread_mutex_init(&job.lock, NULL);
    pthread_cond_init(&job.woken, NULL);
    pthread_t consumers[MAX_WORKERS], relaying;
    consume_start(options, progress, consumers);
    if (pthread_create(&relaying, NULL, relay_run, &job) != 0) fail("cannot start a thread");
    // The consumers' groups are there and their reads wait.
    sleep_until(monotonic_seconds() + 0.5);
    if (options->workload[0] == 'i') {
        progress_wait(progress, options->seconds);
    } else {
        produce(options, &job);
        progress_wait(progress, 0);
    }
    atomic_store(&progress->stop, true);
    relay_wake(&job);
    pthread_join(relaying, NULL);
    for (int worker = 0; worker < options->workers; worker++) pthread_join(consumers[worker], NULL);
}
