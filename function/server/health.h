/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health - grpc.health.v1.Health: Check, List, Watch
 *
 * Source: grpc-proto, grpc/health/v1/health.proto; the messages have one or two
 * fields, so they are read and written here by hand.
 */
#ifndef SERVER_HEALTH_H
#define SERVER_HEALTH_H

#include "server/unary.h"

struct health;

/* health_new() - SERVING. */
struct health *health_new(void);

/*
 * health_end() - NOT_SERVING from now on; every Watch is sent that, and ended
 *
 * Watches would keep the server from draining.
 */
void health_end(struct health *h);

/* health_idle() - is no Watch left? Stays true after health_end(). */
bool health_idle(struct health *h);

/* health_service() - its methods; lives as long as h. */
struct unary_service health_service(struct health *h);

void health_free(struct health *h);

#endif
