/* SPDX-License-Identifier: Apache-2.0 */
/*
 * services - what is served beside RunFunction: health and reflection
 */
#ifndef SERVER_SERVICES_H
#define SERVER_SERVICES_H

#include "server/unary.h"

struct services;

/* services_new() - healthy. */
struct services *services_new(void);

enum { N_GENERIC_SERVICES = 2 };

/* services_list() - N_GENERIC_SERVICES of them; lives as long as s. */
const struct unary_service *services_list(const struct services *s);

/* services_end() - not healthy any more; every stream is ended. */
void services_end(struct services *s);

/* services_idle() - is no stream left? Stays true after services_end(). */
bool services_idle(struct services *s);

void services_free(struct services *s);

#endif
