/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory - the arenas of a test program
 *
 *      return cmocka_run_group_tests_name("names", tests, memory_set_up, memory_tear_down);
 *
 * No case counts on what one before it left there. Includes cmocka, and what cmocka
 * wants included before it.
 */
#ifndef TEST_LIB_MEMORY_H
#define TEST_LIB_MEMORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

/* What a case works in, and what has to outlive the resets of it: a sweep's input. */
extern struct arena arena, input_arena;

/* memory_set_up() - opens both, without a budget. Returns 0. */
int memory_set_up(void **state);

/* memory_tear_down() - closes both. Returns 0. */
int memory_tear_down(void **state);

#endif
