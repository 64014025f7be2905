/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream - calls in which every message gets one answer, until the client has no more
 */
#ifndef SERVER_STREAM_H
#define SERVER_STREAM_H

#include "base/arena.h"
#include "server/unary.h"

struct streams;

/*
 * streams_new() - none yet
 * @answer:  gives the answer to a message; both live until it returns the next time.
 *           Called by one thread at a time
 * @context: handed to it
 */
struct streams *streams_new(struct text (*answer)(void *context, struct text message,
                                                  struct arena *arena),
                            void *context);

/*
 * streams_take() - a call whose first message has arrived; the rest happens by itself
 * @context: the struct streams: this is what a struct unary_method answers with
 */
void streams_take(struct unary *call, struct text first, void *context);

/*
 * streams_end() - from now on every stream ends after the answer that it is at
 *
 * They would keep the server from draining.
 */
void streams_end(struct streams *s);

/* streams_idle() - is none left? */
bool streams_idle(struct streams *s);

void streams_free(struct streams *s);

#endif
