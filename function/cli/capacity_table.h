/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capacity_table - the units of environments as a table
 */
#ifndef CLI_CAPACITY_TABLE_H
#define CLI_CAPACITY_TABLE_H

#include "cli/capacity_report.h"

/*
 * capacity_table() - append a table for each environment, with its warnings below
 * @width: of the table; longer names are cut
 *
 * Control characters in a name are shown as "?".
 *
 * Errors: -ENOMEM
 */
int capacity_table(const struct capacity *fleet, size_t n, size_t width, struct arena *arena,
                   struct builder *b);

#endif
