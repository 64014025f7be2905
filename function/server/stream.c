/* SPDX-License-Identifier: Apache-2.0 */
#include "server/stream.h"

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/slice.h>
#include <grpc/support/alloc.h>

enum { ANSWER_MAX_BYTES = 1024 * 1024, ANSWER_KEEP_BYTES = 64 * 1024 };

/*
 * A stream receives, answers, receives again. Beside that it waits for the call's
 * end, so that a client that vanishes is noticed; it is freed when nothing is
 * under way any more.
 */
struct stream {
        struct op received;
        struct op answered;
        struct op ended;
        struct op closed;
        struct streams *streams;
        struct stream *next, **link;
        grpc_call *call;
        grpc_byte_buffer *message; /* received */
        grpc_byte_buffer *answer;  /* being sent */
        int cancelled;
        unsigned int n_under_way;
        bool has_answered; /* the initial metadata went with the first answer */
        bool is_answering;
        bool is_over; /* the status was sent, or the client is gone */
};

struct streams {
        pthread_mutex_t lock; /* of everything, batches' starts included */
        struct stream *first;
        struct text (*answer)(void *context, struct text message, struct arena *arena);
        void *context;
        struct arena arena; /* of one answer */
        bool is_ending;
};

static void start(struct stream *s, struct op *op, const grpc_op *ops, size_t n) {
        s->n_under_way++;
        op_start(op, s->call, ops, n);
}

static void receive(struct stream *s) {
        grpc_op op = { .op = GRPC_OP_RECV_MESSAGE };

        op.data.recv_message.recv_message = &s->message;
        start(s, &s->received, &op, 1);
}

static void end(struct stream *s) {
        grpc_op ops[2] = { 0 };
        size_t n = 0;

        if (s->is_over)
                return;
        s->is_over = true;
        if (!s->has_answered)
                ops[n++].op = GRPC_OP_SEND_INITIAL_METADATA;
        ops[n].op = GRPC_OP_SEND_STATUS_FROM_SERVER;
        ops[n++].data.send_status_from_server.status = GRPC_STATUS_OK;
        start(s, &s->ended, ops, n);
}

static void answer(struct stream *s, struct text message) {
        struct streams *all = s->streams;
        struct text bytes = all->answer(all->context, message, &all->arena);
        grpc_slice slice = grpc_slice_from_copied_buffer(bytes.data, bytes.len);
        grpc_op ops[2] = { 0 };
        size_t n = 0;

        s->answer = grpc_raw_byte_buffer_create(&slice, 1);
        grpc_slice_unref(slice);
        arena_reset(&all->arena, ANSWER_KEEP_BYTES);
        if (!s->has_answered)
                ops[n++].op = GRPC_OP_SEND_INITIAL_METADATA;
        ops[n].op = GRPC_OP_SEND_MESSAGE;
        ops[n++].data.send_message.send_message = s->answer;
        s->has_answered = true;
        s->is_answering = true;
        start(s, &s->answered, ops, n);
}

/* ---- what comes back ------------------------------------------------------------------------- */

/* One thing less is under way; frees the stream after the last one. */
static void leave(struct stream *s) {
        if (--s->n_under_way > 0)
                return;
        *s->link = s->next;
        if (s->next)
                s->next->link = s->link;
        grpc_byte_buffer_destroy(s->message);
        grpc_byte_buffer_destroy(s->answer);
        grpc_call_unref(s->call);
        gpr_free(s);
}

static void stream_received(struct op *op, bool ok) {
        struct stream *s = OP_OWNER(op, struct stream, received);
        struct streams *all = s->streams;
        grpc_byte_buffer_reader reader;
        grpc_slice bytes;

        pthread_mutex_lock(&all->lock);
        if (!s->is_over && ok && s->message && grpc_byte_buffer_reader_init(&reader, s->message)) {
                bytes = grpc_byte_buffer_reader_readall(&reader);
                grpc_byte_buffer_reader_destroy(&reader);
                answer(s, (struct text) { .data = (const char *)GRPC_SLICE_START_PTR(bytes),
                                          .len = GRPC_SLICE_LENGTH(bytes) });
                grpc_slice_unref(bytes);
        } else { /* the client has no more, or is gone */
                end(s);
        }
        grpc_byte_buffer_destroy(s->message);
        s->message = NULL;
        leave(s);
        pthread_mutex_unlock(&all->lock);
}

static void stream_answered(struct op *op, bool ok) {
        struct stream *s = OP_OWNER(op, struct stream, answered);
        struct streams *all = s->streams;

        pthread_mutex_lock(&all->lock);
        grpc_byte_buffer_destroy(s->answer);
        s->answer = NULL;
        s->is_answering = false;
        if (all->is_ending)
                end(s);
        else if (ok && !s->is_over)
                receive(s);
        leave(s);
        pthread_mutex_unlock(&all->lock);
}

static void stream_ended(struct op *op, bool ok) {
        struct stream *s = OP_OWNER(op, struct stream, ended);
        struct streams *all = s->streams;

        (void)ok;
        pthread_mutex_lock(&all->lock);
        leave(s);
        pthread_mutex_unlock(&all->lock);
}

static void stream_closed(struct op *op, bool ok) {
        struct stream *s = OP_OWNER(op, struct stream, closed);
        struct streams *all = s->streams;

        (void)ok;
        pthread_mutex_lock(&all->lock);
        s->is_over = true;
        leave(s);
        pthread_mutex_unlock(&all->lock);
}

/* ---- the whole ------------------------------------------------------------------------------- */

void streams_take(struct unary *call, struct text first, void *context) {
        struct streams *all = context;
        struct stream *s = gpr_zalloc(sizeof(*s));
        grpc_op close = { .op = GRPC_OP_RECV_CLOSE_ON_SERVER };

        s->received.done = stream_received;
        s->answered.done = stream_answered;
        s->ended.done = stream_ended;
        s->closed.done = stream_closed;
        s->streams = all;
        close.data.recv_close_on_server.cancelled = &s->cancelled;

        pthread_mutex_lock(&all->lock);
        s->call = unary_take(call);
        s->next = all->first;
        s->link = &all->first;
        if (s->next)
                s->next->link = &s->next;
        all->first = s;
        start(s, &s->closed, &close, 1);
        answer(s, first);
        pthread_mutex_unlock(&all->lock);
}

struct streams *streams_new(struct text (*answer_message)(void *context, struct text message,
                                                          struct arena *arena),
                            void *context) {
        struct streams *all = gpr_zalloc(sizeof(*all));

        pthread_mutex_init(&all->lock, NULL);
        arena_init(&all->arena, ANSWER_MAX_BYTES);
        all->answer = answer_message;
        all->context = context;
        return all;
}

void streams_end(struct streams *all) {
        pthread_mutex_lock(&all->lock);
        all->is_ending = true;
        for (struct stream *s = all->first; s; s = s->next) {
                if (!s->is_answering)
                        end(s);
        }
        pthread_mutex_unlock(&all->lock);
}

bool streams_idle(struct streams *all) {
        bool idle;

        pthread_mutex_lock(&all->lock);
        idle = all->first == NULL;
        pthread_mutex_unlock(&all->lock);
        return idle;
}

void streams_free(struct streams *all) {
        arena_release(&all->arena);
        pthread_mutex_destroy(&all->lock);
        gpr_free(all);
}
