/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counters - what the server has done so far, counted without locks
 */
#ifndef SERVER_COUNTERS_H
#define SERVER_COUNTERS_H

#include "function.h"
#include "server/units.h"

#include <stdatomic.h>

/* The services that answer RunFunction. */
enum { SERVICE_V1, SERVICE_V1BETA1, N_SERVICES };

enum { N_STATUS_CODES = 17, N_BUCKETS = 12, N_DECISIONS = 22 };

struct histogram {
        atomic_uint_fast64_t buckets[N_BUCKETS + 1]; /* the last one: beyond all bounds */
        atomic_uint_fast64_t sum;
};

struct counters {
        atomic_uint_fast64_t started[N_SERVICES];
        atomic_uint_fast64_t received[N_SERVICES];              /* messages */
        atomic_uint_fast64_t sent[N_SERVICES];                  /* messages */
        atomic_uint_fast64_t calls[N_SERVICES][N_STATUS_CODES]; /* by gRPC status code */
        struct histogram durations[N_SERVICES];                 /* nanoseconds */
        struct histogram request_bytes;
        struct histogram response_bytes;
        atomic_uint_fast64_t decisions[N_DECISIONS]; /* by condition and reason */
        atomic_uint_fast64_t rejections[N_REASONS];  /* sub-pools, by why they do not fit */
        atomic_uint_fast64_t fatal_answers;
        atomic_int_fast64_t in_flight;
        atomic_uint_fast64_t arena_peak_bytes; /* the most that one call took */
        atomic_bool draining;
        struct units units;
        int64_t started_seconds; /* since the epoch */
};

/* counters_init() - all zero, and started now. Must outlive the server that counts in it. */
void counters_init(struct counters *s);
void counters_release(struct counters *s);

/* counters_started() - a call that counters_handled() will count, as it begins to be computed. */
void counters_started(struct counters *s, unsigned int service);

/* A call that was answered. */
struct handled {
        unsigned int service;
        unsigned int status; /* its gRPC code */
        uint64_t nanoseconds;
        bool has_request;  /* its message came whole */
        bool has_response; /* and it is answered with one, not with a status alone */
        size_t request_bytes;
        size_t response_bytes;
        size_t arena_bytes; /* taken for the work */
        const struct call_summary *summary;
};

void counters_handled(struct counters *s, const struct handled *call);

/* counters_write() - everything in Prometheus' text format. */
void counters_write(struct counters *s, struct builder *out);

/* counters_now_seconds() - since the epoch. */
int64_t counters_now_seconds(void);

#endif
