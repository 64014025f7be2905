/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics - the page that Prometheus scrapes
 */
#ifndef SERVER_METRICS_H
#define SERVER_METRICS_H

#include "server/counters.h"

struct tls;

/* Where the numbers come from. */
struct metrics {
        struct counters *stats;
        struct tls *tls; /* NULL: plain text */
        const char *version;
};

/* metrics_write() - all of it; out is empty when its arena is spent. */
void metrics_write(const struct metrics *m, struct builder *out);

#endif
