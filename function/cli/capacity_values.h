/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capacity_values - the units of environments as a value, for -o json and -o yaml
 */
#ifndef CLI_CAPACITY_VALUES_H
#define CLI_CAPACITY_VALUES_H

#include "cli/capacity_report.h"

/*
 * capacity_values() - {environments: [{name, capacityValid, pools, total, used, free}], total,
 * used, free}
 * @ret: set on success; lives in the arena
 *
 * Errors: -ENOMEM
 */
int capacity_values(const struct capacity *fleet, size_t n, struct arena *arena, struct value *ret);

#endif
