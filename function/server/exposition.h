/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exposition - Prometheus' text format
 *
 * All samples of a metric follow its head. Source: Prometheus, "Exposition
 * formats", text format version 0.0.4.
 */
#ifndef SERVER_EXPOSITION_H
#define SERVER_EXPOSITION_H

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

/* exposition_head() - what a metric means; type is "counter", "gauge" or "histogram". */
void exposition_head(struct builder *out, const char *name, const char *type, const char *help);

/* exposition_number(), exposition_seconds() - one sample. */
void exposition_number(struct builder *out, const struct series *series, int64_t value);
void exposition_seconds(struct builder *out, const struct series *series, uint64_t nanoseconds);

/* exposition_single() - a metric that has one sample, without labels. */
void exposition_single(struct builder *out, const char *name, const char *type, const char *help,
                       int64_t value);

struct histogram_view {
        const char *const *bounds; /* as they are written, ascending */
        const uint64_t *counts; /* n_bounds + 1 of them: each bucket's own, the last one beyond */
        size_t n_bounds;
        uint64_t sum;
        bool is_nanoseconds; /* the sum is, and is written in seconds */
};

/* exposition_histogram() - the buckets, sum and count of one series. */
void exposition_histogram(struct builder *out, const struct series *series,
                          const struct histogram_view *view);

#endif
