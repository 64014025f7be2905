/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes at the three entries of the guard: a verdict and a sentence, the same each time. */
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "wire/guard.h"

typedef int guard_entry(struct text bytes, struct fault *fault);

static void judge(guard_entry *entry, struct text bytes) {
        struct fault first = { .message = "" }, second = { .message = "" };
        int verdict = entry(bytes, &first);

        MUST(verdict == 0 || verdict == GUARD_BROKEN || verdict == -EBADMSG || verdict == -E2BIG);
        MUST((verdict >= 0) == (first.message[0] == '\0'));
        MUST(strnlen(first.message, sizeof(first.message)) < sizeof(first.message));
        MUST(entry(bytes, &second) == verdict);
        MUST(strcmp(first.message, second.message) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct text bytes = fuzz_text(data, size);

        judge(guard_request, bytes);
        judge(guard_response, bytes);
        judge(guard_struct, bytes);
        return 0;
}
