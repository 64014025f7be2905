/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capacity_report - a fleet's units, as a table for people or as values for programs
 */
#ifndef CLI_CAPACITY_REPORT_H
#define CLI_CAPACITY_REPORT_H

#include "inventory/used.h"
#include "wire/response.h"

/* The table never takes more columns, unless a number is very long. */
enum { CAPACITY_COLUMNS = 80 };

struct capacity {
        struct environment environment;
        struct used_list used;
        struct condition condition; /* CapacityValid */
};

struct capacity_style {
        bool bars;
        bool colours;
};

/*
 * capacity_table() - append a table for each environment, with its warnings below
 *
 * Control characters that somebody wrote into a name are shown as "?".
 *
 * Errors: -ENOMEM
 */
int capacity_table(const struct capacity *fleet, size_t n, struct capacity_style style,
                   struct arena *arena, struct builder *b);

/*
 * capacity_values() - {environments: [{name, capacityValid, pools, total, used, free}], total,
 * used, free}
 * @ret: set on success; lives in the arena
 *
 * Errors: -ENOMEM
 */
int capacity_values(const struct capacity *fleet, size_t n, struct arena *arena, struct value *ret);

#endif
