/* SPDX-License-Identifier: Apache-2.0 */
#include "server/heap.h"
#include "server/process.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MB = 1024 * 1024, LARGE_BYTES = 64 * MB };

static char *freed_meanwhile;

/* NOLINTBEGIN(bugprone-reserved-identifier): the names that ld --wrap asks for */
int __real_malloc_trim(size_t pad);
int __wrap_malloc_trim(size_t pad);

/* A thread that lets go of a large message while the memory is tidied. */
int __wrap_malloc_trim(size_t pad) {
        int r = __real_malloc_trim(pad);

        free(freed_meanwhile);
        freed_meanwhile = NULL;
        return r;
}
/* NOLINTEND(bugprone-reserved-identifier) */

static char *touched(size_t len) {
        char *bytes = malloc(len);

        assert_non_null(bytes);
        return memset(bytes, 1, len);
}

static void test_freed_meanwhile(void **state) {
        struct heap memory = { 0 };
        int64_t before;
        char *freed_before, *last;

        (void)state;
        mallopt(M_MMAP_THRESHOLD, 2 * LARGE_BYTES);
        mallopt(M_TRIM_THRESHOLD, 8 * LARGE_BYTES);
        before = process_resident_bytes();
        freed_before = touched(LARGE_BYTES);
        freed_meanwhile = touched(LARGE_BYTES);
        last = touched(MB);
        free(freed_before);
        heap_tidy(&memory);
        assert_null(freed_meanwhile);
        heap_tidy(&memory);
        assert_in_range(process_resident_bytes(), 0, before + LARGE_BYTES / 2);
        free(last);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_freed_meanwhile),
        };

#ifdef __SANITIZE_ADDRESS__
        return 0; /* it has an allocator of its own, which keeps what was freed */
#endif
        return cmocka_run_group_tests(tests, NULL, NULL);
}
