/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process - the metrics that Prometheus expects of any process
 */
#ifndef SERVER_PROCESS_H
#define SERVER_PROCESS_H

#include "base/text.h"

/* process_resident_bytes() - -1 where /proc is not to be had. */
int64_t process_resident_bytes(void);

/* process_write() - memory, processor time, open files and the start. */
void process_write(int64_t started_seconds, struct builder *out);

#endif
