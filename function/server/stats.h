/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats - what the server has done so far, counted without locks
 *
 * Set to zero it is ready for use. It must outlive the server that counts in it.
 */
#ifndef SERVER_STATS_H
#define SERVER_STATS_H

#include "base/text.h"

#include <stdatomic.h>

/* The services that answer RunFunction. */
enum { SERVICE_V1, SERVICE_V1BETA1, N_SERVICES };

enum { N_STATUS_CODES = 17, N_DURATION_BUCKETS = 12 };

struct stats {
        atomic_uint_fast64_t calls[N_SERVICES][N_STATUS_CODES]; /* by gRPC status code */
        atomic_uint_fast64_t durations[N_DURATION_BUCKETS + 1]; /* the last one: longer */
        atomic_uint_fast64_t duration_nanoseconds;              /* of all calls */
        atomic_uint_fast64_t fatal_answers;
        atomic_int_fast64_t in_flight;
        atomic_uint_fast64_t arena_peak_bytes; /* the most that one call took */
        atomic_bool draining;
};

/* stats_call() - one call was answered; status is its gRPC code. */
void stats_call(struct stats *s, unsigned int service, unsigned int status,
                uint64_t duration_nanoseconds);

/* stats_arena() - a call took so many bytes of its arena. */
void stats_arena(struct stats *s, uint64_t peak_bytes);

/* stats_write() - everything in Prometheus' text format. */
void stats_write(struct stats *s, const char *version, struct builder *out);

#endif
