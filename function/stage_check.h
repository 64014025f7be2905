/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage_check - whether a model can be read
 */
#ifndef STAGE_CHECK_H
#define STAGE_CHECK_H

#include "call.h"

/*
 * stage_check() - the condition ModelValid, with every field mistake
 *
 * Errors: -ENOMEM
 */
int stage_check(struct call *call);

#endif
