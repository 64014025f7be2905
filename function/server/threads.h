/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threads - may we have as many as we need?
 *
 * gRPC core starts threads of its own and takes for granted that it gets them: where
 * a limit of processes is in the way it neither says so nor can it be stopped, so
 * this is found out before it begins.
 */
#ifndef SERVER_THREADS_H
#define SERVER_THREADS_H

#include "base/fault.h"

/*
 * threads_check() - start n threads beside gRPC's at once, and end them again
 * @n_ours: that we mean to start ourselves
 *
 * Errors: -EAGAIN  a limit of processes is in the way
 *         and others of pthread_create()
 */
int threads_check(unsigned int n_ours, struct fault *fault);

#endif
