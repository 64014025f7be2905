/* SPDX-License-Identifier: Apache-2.0 */
/*
 * review - where an assignment that was made before is
 */
#ifndef DEPLOY_REVIEW_H
#define DEPLOY_REVIEW_H

#include "deploy/deploy.h"

/*
 * review_locate() - find the sub-pool and the serving profile of an observed assignment
 * @a: both are set
 *
 * Returns false when one of them is not declared, or wrongly, or its model is another.
 */
bool review_locate(const struct deploy_request *request, struct assignment *a);

#endif
