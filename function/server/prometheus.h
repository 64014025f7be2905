/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prometheus - Prometheus' text format
 *
 * All samples of a metric follow its head. Source: Prometheus, "Exposition
 * formats", text format version 0.0.4.
 */
#ifndef SERVER_PROMETHEUS_H
#define SERVER_PROMETHEUS_H

#include "base/text.h"

struct label {
        const char *name;
        struct text value; /* any UTF-8: it is escaped */
};

/* What belongs to one sample beside its value. */
struct series {
        const char *name;
        const struct label *labels;
        size_t n_labels;
};

/* prometheus_head() - what a metric means; type is "counter", "gauge" or "histogram". */
void prometheus_head(struct builder *out, const char *name, const char *type, const char *help);

/* prometheus_number(), prometheus_seconds() - one sample. */
void prometheus_number(struct builder *out, const struct series *series, int64_t value);
void prometheus_seconds(struct builder *out, const struct series *series, uint64_t nanoseconds);

/* prometheus_single() - a metric that has one sample, without labels. */
void prometheus_single(struct builder *out, const char *name, const char *type, const char *help,
                       int64_t value);

struct histogram_view {
        const char *const *bounds; /* as they are written, ascending */
        const uint64_t *counts; /* n_bounds + 1 of them: each bucket's own, the last one beyond */
        size_t n_bounds;
        uint64_t sum;
        bool is_nanoseconds; /* the sum is, and is written in seconds */
};

/* prometheus_histogram() - the buckets, sum and count of one series. */
void prometheus_histogram(struct builder *out, const struct series *series,
                          const struct histogram_view *view);

#endif
