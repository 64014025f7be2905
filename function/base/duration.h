/* SPDX-License-Identifier: Apache-2.0 */
/*
 * duration - Go durations such as "60s", "1m30s", "1.5h"
 */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include "base/text.h"

/*
 * duration_parse() - read a duration
 * @ret: set on success, in nanoseconds, parts below one are cut off
 *
 * Returns false when it is not in the grammar or beyond +-2^63 nanoseconds.
 *
 * Source: Go 1.23, time.ParseDuration
 */
bool duration_parse(struct text t, int64_t *ret_nanoseconds);

#endif
