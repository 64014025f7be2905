/* SPDX-License-Identifier: Apache-2.0 */
#include "server/counters.h"

#include "base/arena.h"
#include "server/prometheus.h"

#include <string.h>
#include <time.h>

/*
 * The names of the calls are those of go-grpc-prometheus, which the Go functions
 * use: one dashboard serves them all.
 */

static const char *const service_names[N_SERVICES] = {
        [SERVICE_V1] = "apiextensions.fn.proto.v1.FunctionRunnerService",
        [SERVICE_V1BETA1] = "apiextensions.fn.proto.v1beta1.FunctionRunnerService",
};

static const char *const code_names[N_STATUS_CODES] = {
        "OK",
        "Canceled",
        "Unknown",
        "InvalidArgument",
        "DeadlineExceeded",
        "NotFound",
        "AlreadyExists",
        "PermissionDenied",
        "ResourceExhausted",
        "FailedPrecondition",
        "Aborted",
        "OutOfRange",
        "Unimplemented",
        "Internal",
        "Unavailable",
        "DataLoss",
        "Unauthenticated",
};

enum { UNKNOWN_STATUS = 2 };

/* What a stage can decide; the last row is for what is not listed. */
static const struct {
        const char *condition;
        const char *reason;
} decisions[N_DECISIONS] = {
        { "Scheduled", "AllScheduled" },
        { "Scheduled", "Parked" },
        { "Scheduled", "PartiallyScheduled" },
        { "Scheduled", "NoMatchingPool" },
        { "Scheduled", "InsufficientCapacity" },
        { "Scheduled", "ModelNotFound" },
        { "Scheduled", "ModelInvalid" },
        { "Scheduled", "NoEnvironments" },
        { "Scheduled", "TooManyAssignments" },
        { "Scheduled", "WaitingForInputs" },
        { "Scheduled", "InvalidSpec" },
        { "CapacityValid", "Valid" },
        { "CapacityValid", "InvalidPool" },
        { "CapacityValid", "Drift" },
        { "CapacityValid", "OverDeclared" },
        { "CapacityValid", "OverCommitted" },
        { "CapacityValid", "WaitingForInputs" },
        { "CapacityValid", "InvalidSpec" },
        { "ModelValid", "Valid" },
        { "ModelValid", "Invalid" },
        { "ModelValid", "InvalidSpec" },
        { "Other", "Other" },
};

/* Where a histogram's buckets end, as numbers and as they are written. */
struct scale {
        uint64_t bounds[N_BUCKETS];
        const char *names[N_BUCKETS];
};

static const struct scale durations = {
        { 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000, 50000000, 250000000,
          1000000000, 5000000000 },
        { "0.00005", "0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.05",
          "0.25", "1", "5" },
};

static const struct scale sizes = {
        { 1024, 4096, 16384, 65536, 262144, 524288, 1048576, 2097152, 4194304, 8388608, 16777216,
          33554432 },
        { "1024", "4096", "16384", "65536", "262144", "524288", "1048576", "2097152", "4194304",
          "8388608", "16777216", "33554432" },
};

/* ---- counting -------------------------------------------------------------------------------- */

int64_t counters_now_seconds(void) {
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        return now.tv_sec;
}

void counters_init(struct counters *s) {
        memset(s, 0, sizeof(*s));
        units_init(&s->units);
        s->started_seconds = counters_now_seconds();
}

void counters_release(struct counters *s) {
        units_release(&s->units);
}

static void add(atomic_uint_fast64_t *counter, uint64_t n) {
        atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static void observe(struct histogram *h, const struct scale *scale, uint64_t value) {
        size_t bucket = 0;

        while (bucket < N_BUCKETS && value > scale->bounds[bucket])
                bucket++;
        add(&h->buckets[bucket], 1);
        add(&h->sum, value);
}

static void raise_to(atomic_uint_fast64_t *peak, uint64_t value) {
        uint_fast64_t seen = atomic_load_explicit(peak, memory_order_relaxed);

        while (value > seen &&
               !atomic_compare_exchange_weak_explicit(peak, &seen, value, memory_order_relaxed,
                                                      memory_order_relaxed))
                continue;
}

static size_t find_decision(struct text condition, struct text reason) {
        size_t i = 0;

        while (i < N_DECISIONS - 1 && !(text_equal(condition, text_from(decisions[i].condition)) &&
                                        text_equal(reason, text_from(decisions[i].reason))))
                i++;
        return i;
}

static void count_decision(struct counters *s, const struct call_summary *summary) {
        if (summary->fatal)
                add(&s->fatal_answers, 1);
        if (summary->decided)
                add(&s->decisions[find_decision(summary->condition, summary->reason)], 1);
        for (size_t i = 0; i < N_REASONS; i++) {
                if (summary->rejected[i] > 0)
                        add(&s->rejections[i], summary->rejected[i]);
        }
        if (summary->used)
                units_see(&s->units, summary->name, summary->used, counters_now_seconds());
}

void counters_started(struct counters *s, unsigned int service) {
        add(&s->started[service], 1);
}

void counters_handled(struct counters *s, const struct handled *call) {
        if (call->has_request)
                add(&s->received[call->service], 1);
        if (call->has_response)
                add(&s->sent[call->service], 1);
        add(&s->calls[call->service][call->status < N_STATUS_CODES ? call->status : UNKNOWN_STATUS],
            1);
        observe(&s->durations[call->service], &durations, call->nanoseconds);
        observe(&s->request_bytes, &sizes, call->request_bytes);
        observe(&s->response_bytes, &sizes, call->response_bytes);
        raise_to(&s->arena_peak_bytes, call->arena_bytes);
        count_decision(s, call->summary);
}

/* ---- telling --------------------------------------------------------------------------------- */

static uint64_t read_counter(atomic_uint_fast64_t *counter) {
        return atomic_load_explicit(counter, memory_order_relaxed);
}

/* The labels of a service, and room for one more. */
static void service_labels(size_t service, struct label ret[4]) {
        ret[0] = (struct label) { "grpc_type", TEXT("unary") };
        ret[1] = (struct label) { "grpc_service", text_from(service_names[service]) };
        ret[2] = (struct label) { "grpc_method", TEXT("RunFunction") };
}

static void write_by_service(struct builder *out, const char *name, const char *help,
                             atomic_uint_fast64_t counts[N_SERVICES]) {
        struct label labels[4];
        const struct series series = { name, labels, 3 };

        prometheus_head(out, name, "counter", help);
        for (size_t service = 0; service < N_SERVICES; service++) {
                service_labels(service, labels);
                prometheus_number(out, &series, (int64_t)read_counter(&counts[service]));
        }
}

/* Every code is there from the start, as in Go: a rate needs the zero before the first one. */
static void write_handled(struct counters *s, struct builder *out) {
        struct label labels[4];
        const struct series series = { "grpc_server_handled_total", labels, 4 };

        prometheus_head(out, series.name, "counter",
                        "Calls of RunFunction that were answered, by gRPC status.");
        for (size_t service = 0; service < N_SERVICES; service++) {
                service_labels(service, labels);
                for (size_t code = 0; code < N_STATUS_CODES; code++) {
                        labels[3] = (struct label) { "grpc_code", text_from(code_names[code]) };
                        prometheus_number(out, &series,
                                          (int64_t)read_counter(&s->calls[service][code]));
                }
        }
}

static void write_calls(struct counters *s, struct builder *out) {
        write_by_service(out, "grpc_server_started_total", "Calls of RunFunction that were begun.",
                         s->started);
        write_handled(s, out);
        write_by_service(out, "grpc_server_msg_received_total",
                         "Requests of RunFunction that were received whole.", s->received);
        write_by_service(out, "grpc_server_msg_sent_total",
                         "Answers of RunFunction that were sent.", s->sent);
}

static void write_histogram(struct builder *out, const struct series *series, struct histogram *h,
                            const struct scale *scale, bool is_nanoseconds) {
        uint64_t counts[N_BUCKETS + 1];
        const struct histogram_view view = { .bounds = scale->names,
                                             .counts = counts,
                                             .n_bounds = N_BUCKETS,
                                             .sum = read_counter(&h->sum),
                                             .is_nanoseconds = is_nanoseconds };

        for (size_t i = 0; i <= N_BUCKETS; i++)
                counts[i] = read_counter(&h->buckets[i]);
        prometheus_histogram(out, series, &view);
}

static void write_durations(struct counters *s, struct builder *out) {
        struct label labels[4];
        const struct series series = { "grpc_server_handling_seconds", labels, 3 };

        prometheus_head(out, series.name, "histogram",
                        "Time from the arrival of a call to its answer.");
        for (size_t service = 0; service < N_SERVICES; service++) {
                service_labels(service, labels);
                write_histogram(out, &series, &s->durations[service], &durations, true);
        }
}

static void write_sizes(struct builder *out, const char *name, const char *help,
                        struct histogram *h) {
        prometheus_head(out, name, "histogram", help);
        write_histogram(out, &(struct series) { .name = name }, h, &sizes, false);
}

static void write_decisions(struct counters *s, struct builder *out) {
        const char *name = "function_gpu_placement_decisions_total";

        prometheus_head(out, name, "counter",
                        "Decisions by the condition that tells them, and its reason.");
        for (size_t i = 0; i < N_DECISIONS; i++) {
                const struct label labels[] = {
                        { "condition", text_from(decisions[i].condition) },
                        { "reason", text_from(decisions[i].reason) },
                };

                prometheus_number(out, &(struct series) { name, labels, 2 },
                                  (int64_t)read_counter(&s->decisions[i]));
        }
}

static void write_rejections(struct counters *s, struct builder *out) {
        const char *name = "function_gpu_placement_pool_rejections_total";

        prometheus_head(out, name, "counter",
                        "Pools and MIG profiles that did not fit a deployment, by reason.");
        for (size_t i = REASON_FITS + 1; i < N_REASONS; i++) {
                const struct label label = { "reason", text_from(reason_name((enum reason)i)) };

                prometheus_number(out, &(struct series) { name, &label, 1 },
                                  (int64_t)read_counter(&s->rejections[i]));
        }
}

void counters_write(struct counters *s, struct builder *out) {
        int64_t in_flight = atomic_load_explicit(&s->in_flight, memory_order_relaxed);

        write_calls(s, out);
        write_durations(s, out);
        write_sizes(out, "function_gpu_placement_request_size_bytes", "Size of requests.",
                    &s->request_bytes);
        write_sizes(out, "function_gpu_placement_response_size_bytes", "Size of responses.",
                    &s->response_bytes);
        write_decisions(s, out);
        write_rejections(s, out);
        prometheus_single(out, "function_gpu_placement_fatal_answers_total", "counter",
                          "Answers that held a fatal result.",
                          (int64_t)read_counter(&s->fatal_answers));
        prometheus_single(out, "function_gpu_placement_calls_in_flight", "gauge",
                          "Calls of RunFunction that arrived and are not over.",
                          in_flight > 0 ? in_flight : 0);
        prometheus_single(out, "function_gpu_placement_arena_peak_bytes", "gauge",
                          "The most memory that one call has taken for its work since the start.",
                          (int64_t)read_counter(&s->arena_peak_bytes));
        units_write(&s->units, counters_now_seconds(), out);
}
