/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage_deploy - asks for what a decision needs, and decides or freezes
 */
#ifndef STAGE_DEPLOY_H
#define STAGE_DEPLOY_H

#include "call.h"

/*
 * stage_deploy() - a plan and the status
 *
 * Errors: -ENOMEM
 *         -EBADMSG, -E2BIG  an answer to a requirement cannot be read, as request_open()
 */
int stage_deploy(struct call *call);

#endif
