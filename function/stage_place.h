/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage_place - composes what the plan says
 */
#ifndef STAGE_PLACE_H
#define STAGE_PLACE_H

#include "call.h"

/*
 * stage_place() - carry out the call's plan, or the one in the pipeline context
 *
 * Errors: -ENOMEM
 */
int stage_place(struct call *call);

#endif
