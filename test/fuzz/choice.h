/* SPDX-License-Identifier: Apache-2.0 */
/*
 * choice - the fuzzer's bytes as decisions
 *
 * Where the bytes have ended every choice is 0. So 0 is always what is usual and
 * right: a short input gives a plain, valid world, and each byte changes one thing.
 */
#ifndef TEST_FUZZ_CHOICE_H
#define TEST_FUZZ_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct choice {
        const uint8_t *next, *end;
};

/* choose() - a number below n, which is at most 256. */
static inline unsigned int choose(struct choice *c, unsigned int n) {
        return c->next == c->end ? 0 : *c->next++ % n;
}

/* choose_rarely() - true once in so many times. */
static inline bool choose_rarely(struct choice *c, unsigned int n) {
        return choose(c, n) == n - 1;
}

#endif
