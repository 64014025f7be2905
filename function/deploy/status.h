/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status - a decision as the deployment's status, conditions and events
 */
#ifndef DEPLOY_STATUS_H
#define DEPLOY_STATUS_H

#include "deploy/deploy.h"

/*
 * status_of() - the members of status that are ours
 *
 * Nothing in it moves by itself: every change wakes reconciles.
 */
struct node *status_of(const struct decision *decision, const struct model *model,
                       struct arena *arena);

/* status_add_decided_by() - what a decision to wait was made by: 16 digits. */
void status_add_decided_by(struct node *status, struct text digits);

/*
 * status_repeat() - the same of a deployment that waits and has no reason to look again
 *
 * What keeps it from being placed is as it was observed.
 */
struct node *status_repeat(const struct decision *decision, const struct model *model,
                           struct value observed_status, struct arena *arena);

/* status_keep() - the same members as they were observed, for an answer that decides nothing. */
struct node *status_keep(struct value observed_status, struct arena *arena);

/* status_scheduled() - Scheduled, of a decision about the whole fleet or a settled one. */
struct condition status_scheduled(const struct decision *decision,
                                  const struct deployment *deployment, struct arena *arena);

/* status_serving() - Serving, with KServe's own sentence while it is not. */
struct condition status_serving(const struct decision *decision, struct arena *arena);

/*
 * status_events() - one event for each assignment that this decision makes, or lets leave or go,
 * or that gives way to another deployment's
 *
 * None for what the observed status says already.
 */
void status_events(const struct decision *decision, struct value observed_status,
                   struct response *response);

#endif
