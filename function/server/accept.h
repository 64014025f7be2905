/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accept - a listener that outlives a lack of files
 */
#ifndef SERVER_ACCEPT_H
#define SERVER_ACCEPT_H

#include "server/self_check.h"

/*
 * accept_tend() - to be called at the start and now and then, by one thread
 * @ourselves: how to greet the listener
 *
 * A listener that had no file for a connection looks again when the next one comes.
 * So we connect to ourselves, and pending clients are accepted.
 */
void accept_tend(const struct self_check *ourselves);

#endif
