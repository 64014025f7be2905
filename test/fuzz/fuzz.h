/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz - what every target has in common
 *
 * A target is one file with one entry, by libFuzzer's name. libFuzzer calls it
 * with what it makes up (script/fuzz); replay.c with the files of the corpus, in
 * every build and with any compiler.
 */
#ifndef TEST_FUZZ_FUZZ_H
#define TEST_FUZZ_FUZZ_H

#include "base/arena.h"
#include "base/fault.h"
#include "base/text.h"

/* The target's entry. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* MUST() - what holds whatever the input is. Aborts, which every fuzzer notices. */
#define MUST(condition) ((condition) ? (void)0 : BUG(#condition))

/* fuzz_text() - the input as a text. */
static inline struct text fuzz_text(const uint8_t *data, size_t size) {
        return (struct text) { .data = (const char *)data, .len = size };
}

#endif
