/* SPDX-License-Identifier: Apache-2.0 */
#include "server/heap.h"

#include "server/process.h"

#include <malloc.h>

enum {
        MB = 1024 * 1024,
        PROGRAM_BYTES = 12 * MB, /* at rest, little of it the allocator's */
        SPARE_BYTES = 4 * MB,    /* not worth the trouble */
        BLOCK_BYTES = 32 * MB,   /* the most that glibc takes from a heap */
        KEPT_BYTES = 64 * MB,    /* until heap_tidy() comes by */
};

void heap_prepare(void) {
        mallopt(M_MMAP_THRESHOLD, BLOCK_BYTES);
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
        mallopt(M_ARENA_MAX, 1); /* the end of any other malloc_trim() leaves alone */
}

/* Resident, but not in use. */
static int64_t idle_bytes(int64_t resident_bytes) {
        struct mallinfo2 info = mallinfo2();

        return resident_bytes - (int64_t)(info.uordblks + info.hblkhd) - PROGRAM_BYTES;
}

void heap_tidy(struct heap *m) {
        int64_t resident_bytes = process_resident_bytes(), idle, given;

        if (resident_bytes < PROGRAM_BYTES + SPARE_BYTES)
                return;
        idle = idle_bytes(resident_bytes);
        if (idle < m->kept_bytes)
                m->kept_bytes = idle > 0 ? idle : 0;
        if (idle < m->kept_bytes + SPARE_BYTES)
                return;
        malloc_trim(0);
        /* Not what is idle now: others may free meanwhile, and that is for the next time. */
        given = resident_bytes - process_resident_bytes();
        m->kept_bytes = given < idle ? idle - given : 0;
}
