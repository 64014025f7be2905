/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capacity_pods - the pods of what is reserved, and the nodes that they run on
 *
 * KServe's pods bear their service's name in app.kubernetes.io/name, which is their
 * reservation's name too.
 */
#ifndef CLI_CAPACITY_PODS_H
#define CLI_CAPACITY_PODS_H

#include "cli/capacity_report.h"

/*
 * capacity_pods_read() - sets pods of each environment, and says where they differ from what
 * is reserved
 * @objects: those of other kinds, pods that have ended or have no node are passed over
 *
 * Errors: -ENOMEM
 */
int capacity_pods_read(struct capacity *fleet, size_t n, const struct objects *objects,
                       struct arena *arena);

/* capacity_pods_nodes() - the names of a pool's nodes that have such pods, sorted. Errors: -ENOMEM
 */
int capacity_pods_nodes(const struct capacity *capacity, struct text pool, struct arena *arena,
                        struct text **ret, size_t *ret_n);

#endif
