/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault - why something is wrong, in one sentence
 *
 * A fault lives on the caller's stack, so that failing never allocates. It is
 * written only by the function that fails. Messages are lower case, without a
 * final period, and never hold anything that differs between equal requests.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include "base/text.h"

enum { FAULT_PATH_MAX = 192, FAULT_MESSAGE_MAX = 320 };

struct fault {
        char path[FAULT_PATH_MAX]; /* "spec.nodePools[2].capabilities.memoryPerGpu"; may be empty */
        char message[FAULT_MESSAGE_MAX]; /* "not a quantity such as 40Gi: \"40GiB\"" */
};

/* fault_set() - printf the message, empty the path. Both are cut at their size, on a UTF-8 border.
 */
void fault_set(struct fault *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* fault_at() - the same with the field path that the message is about. */
void fault_at(struct fault *f, const char *path, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* fault_under() - puts a prefix before the path: "spec" + "model" = "spec.model", "pools" + "[0]" =
 * "pools[0]". */
void fault_under(struct fault *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* fault_text() - "path: message", or the message alone; lives in the arena. */
struct text fault_text(const struct fault *f, struct arena *arena);

/* BUG() - our own mistake: says it and aborts, in release builds too. Never reached by input. */
_Noreturn void fault_bug(const char *file, int line, const char *what);
#define BUG(what) fault_bug(__FILE__, __LINE__, (what))

#endif
