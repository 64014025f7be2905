/* SPDX-License-Identifier: Apache-2.0 */
/*
 * withhold - a caller that never sends what was asked for under some keys
 */
#ifndef TEST_GOLDEN_WITHHOLD_H
#define TEST_GOLDEN_WITHHOLD_H

#include "render/pipeline.h"

/* A transport that hands requests on to another one without those answers. */
struct withholding {
        struct text keys; /* one a line */
        const struct cli_transport *to;
};

struct cli_transport withhold(struct withholding *withholding);

#endif
