/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pods - what the pods of a deployment's assignments are, and what they are to be
 *
 * Deploy decides by revisions (place/revision.h), and builds no manifest: here Place is asked
 * for them. While a rollout runs the service's Deployment is read too: KServe says Ready all
 * the time, and only the Deployment says when the old pods are gone.
 */
#ifndef PODS_H
#define PODS_H

#include "deploy/deploy.h"
#include "wire/response.h"

#define REQUIRE_ROLLOUT "rollout-" /* and the suffix of the assignment's keys */

/*
 * pods_ask() - require the Deployments of rollouts that run
 * @namespace_: of the services that do not say theirs
 *
 * In another cluster an Object observes it, and nothing is required.
 *
 * Returns whether the request answers every one of them.
 */
bool pods_ask(const struct request *request, const struct assignment *held, size_t n,
              struct text namespace_, struct response *response);

/*
 * pods_look() - the revision of each of request->held, and of its service; and whether it has
 *               been rolled out
 * @held: those of request->held, to be changed
 *
 * Errors: -ENOMEM, and -EBADMSG and -E2BIG as request_open()
 */
int pods_look(const struct request *request, const struct deploy_request *of,
              struct assignment *held, struct arena *arena, struct fault *fault);

#endif
