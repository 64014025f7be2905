/* SPDX-License-Identifier: Apache-2.0 */
/*
 * migparted_entry - one entry of a configuration: which GPUs, and their slices
 *
 * Private to migparted.c. mig-parted reads numbers and booleans only without quotes.
 */
#ifndef GPU_MIGPARTED_ENTRY_H
#define GPU_MIGPARTED_ENTRY_H

#include "gpu/events.h"
#include "gpu/migparted.h"

/*
 * migparted_entry_read() - the value in hand
 * @ret: its line is set; what is read lives in the arena of events
 *
 * Mistakes are noted in events; *ret is then of no use.
 */
void migparted_entry_read(struct events *e, struct migparted_entry *ret);

#endif
