/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place - stage two: a plan becomes composed resources
 */
#ifndef PLACE_PLACE_H
#define PLACE_PLACE_H

#include "deploy/plan.h"

/*
 * place_revision() - of the pods that an assignment would be composed with (place/revision.h)
 * @a: with its workload; what is observed of it keeps its names
 *
 * Empty without memory.
 */
struct text place_revision(const struct assignment *a, const struct settings *settings,
                           const struct state *observed, struct arena *arena);

/*
 * place() - desire the service, the reservation and the claim template of every placement
 * @namespace_, name: of the deployment
 * @observed:         for what is ready, and for what stays as it was
 *
 * A frozen plan keeps all of ours (freeze.h), and writes a reservation that was lost again. A
 * service that no placement knows and that tells nothing of its assignment is kept as well. What
 * is there already keeps its name, its namespace and its kind. The old claim template of an
 * environment goes once what is placed there serves with its new one.
 */
void place(const struct plan *plan, struct text namespace_, struct text name,
           const struct settings *settings, const struct state *observed,
           struct response *response);

#endif
