/* SPDX-License-Identifier: Apache-2.0 */
#include "server/stats.h"

#include "base/arena.h"

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

static const struct {
        uint64_t nanoseconds;
        const char *seconds;
} bounds[N_DURATION_BUCKETS] = {
        { 50000, "0.00005" }, { 100000, "0.0001" },  { 250000, "0.00025" }, { 500000, "0.0005" },
        { 1000000, "0.001" }, { 2500000, "0.0025" }, { 5000000, "0.005" },  { 10000000, "0.01" },
        { 50000000, "0.05" }, { 250000000, "0.25" }, { 1000000000, "1" },   { 5000000000, "5" },
};

void stats_call(struct stats *s, unsigned int service, unsigned int status,
                uint64_t duration_nanoseconds) {
        size_t bucket = 0;

        if (status >= N_STATUS_CODES)
                status = 2;
        while (bucket < N_DURATION_BUCKETS && duration_nanoseconds > bounds[bucket].nanoseconds)
                bucket++;
        atomic_fetch_add_explicit(&s->calls[service][status], 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&s->durations[bucket], 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&s->duration_nanoseconds, duration_nanoseconds,
                                  memory_order_relaxed);
}

void stats_arena(struct stats *s, uint64_t peak_bytes) {
        uint_fast64_t seen = atomic_load_explicit(&s->arena_peak_bytes, memory_order_relaxed);

        while (peak_bytes > seen &&
               !atomic_compare_exchange_weak_explicit(&s->arena_peak_bytes, &seen, peak_bytes,
                                                      memory_order_relaxed, memory_order_relaxed))
                continue;
}

static uint64_t read_counter(atomic_uint_fast64_t *counter) {
        return atomic_load_explicit(counter, memory_order_relaxed);
}

static void write_head(struct builder *out, const char *name, const char *type, const char *help) {
        builder_string(out, "# HELP ");
        builder_string(out, name);
        builder_string(out, " ");
        builder_string(out, help);
        builder_string(out, "\n# TYPE ");
        builder_string(out, name);
        builder_string(out, " ");
        builder_string(out, type);
        builder_string(out, "\n");
}

static void write_number(struct builder *out, const char *name, uint64_t number) {
        builder_string(out, name);
        builder_string(out, " ");
        builder_u64(out, number);
        builder_string(out, "\n");
}

/* 1234567890 ns as 1.234567890 */
static void write_seconds(struct builder *out, const char *name, uint64_t nanoseconds) {
        builder_text(out, text_format(out->arena, "%s %llu.%09llu\n", name,
                                      (unsigned long long)(nanoseconds / 1000000000),
                                      (unsigned long long)(nanoseconds % 1000000000)));
}

static void write_calls(struct stats *s, struct builder *out) {
        write_head(out, "grpc_server_handled_total", "counter",
                   "Calls of RunFunction that were answered, by gRPC status.");
        for (size_t service = 0; service < N_SERVICES; service++) {
                for (size_t code = 0; code < N_STATUS_CODES; code++) {
                        uint64_t n = read_counter(&s->calls[service][code]);

                        /* OK is always there, so that a rate can be taken from the start. */
                        if (n == 0 && code != 0)
                                continue;
                        builder_string(out, "grpc_server_handled_total{grpc_type=\"unary\","
                                            "grpc_service=\"");
                        builder_string(out, service_names[service]);
                        builder_string(out, "\",grpc_method=\"RunFunction\",grpc_code=\"");
                        builder_string(out, code_names[code]);
                        builder_string(out, "\"}");
                        write_number(out, "", n);
                }
        }
}

static void write_durations(struct stats *s, struct builder *out) {
        uint64_t n = 0;

        write_head(out, "grpc_server_handling_seconds", "histogram",
                   "Time from the arrival of a call to its answer.");
        for (size_t i = 0; i <= N_DURATION_BUCKETS; i++) {
                n += read_counter(&s->durations[i]);
                builder_string(out, "grpc_server_handling_seconds_bucket{le=\"");
                builder_string(out, i < N_DURATION_BUCKETS ? bounds[i].seconds : "+Inf");
                builder_string(out, "\"}");
                write_number(out, "", n);
        }
        write_seconds(out, "grpc_server_handling_seconds_sum",
                      read_counter(&s->duration_nanoseconds));
        write_number(out, "grpc_server_handling_seconds_count", n);
}

void stats_write(struct stats *s, const char *version, struct builder *out) {
        int64_t in_flight = atomic_load_explicit(&s->in_flight, memory_order_relaxed);

        write_calls(s, out);
        write_durations(s, out);
        write_head(out, "function_gpu_placement_fatal_answers_total", "counter",
                   "Answers that held a fatal result.");
        write_number(out, "function_gpu_placement_fatal_answers_total",
                     read_counter(&s->fatal_answers));
        write_head(out, "function_gpu_placement_calls_in_flight", "gauge",
                   "Calls of RunFunction that arrived and are not over.");
        write_number(out, "function_gpu_placement_calls_in_flight",
                     in_flight > 0 ? (uint64_t)in_flight : 0);
        write_head(out, "function_gpu_placement_arena_peak_bytes", "gauge",
                   "The most memory that one call has taken for its work since the start.");
        write_number(out, "function_gpu_placement_arena_peak_bytes",
                     read_counter(&s->arena_peak_bytes));
        write_head(out, "function_gpu_placement_build_info", "gauge", "The version that runs.");
        builder_string(out, "function_gpu_placement_build_info{version=\"");
        builder_string(out, version);
        builder_string(out, "\"}");
        write_number(out, "", 1);
}
