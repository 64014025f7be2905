/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capacity_values - the units of environments as a value, for -o json and -o yaml
 */
#ifndef CLI_CAPACITY_VALUES_H
#define CLI_CAPACITY_VALUES_H

#include "cli/capacity_report.h"

/*
 * capacity_values() - {pools: [{environment, pool, migProfile, resourceName, memoryPerUnit,
 * nodes: {running, most}, unitsPerNode, total, used, free, messages}], environments: [{name,
 * capacityValid, total, used, free, messages}], total, used, free}
 * @by:  the member "by" (cli/capacity_by.h), or NULL
 * @ret: set on success; lives in the arena
 *
 * Errors: -ENOMEM
 */
int capacity_values(const struct capacity *fleet, size_t n, struct node *by, struct arena *arena,
                    struct value *ret);

/* capacity_values_set_integer() - capped at what passes through JSON. */
void capacity_values_set_integer(struct node *map, const char *key, int64_t number);

#endif
