/* SPDX-License-Identifier: Apache-2.0 */
#include "server/client.h"

#include <errno.h>
#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/slice.h>
#include <grpc/status.h>
#include <grpc/support/time.h>
#include <limits.h>
#include <string.h>

#define METHOD "/apiextensions.fn.proto.v1.FunctionRunnerService/RunFunction"

struct outcome {
        grpc_metadata_array initial;
        grpc_metadata_array trailing;
        grpc_byte_buffer *message;
        grpc_status_code status;
        grpc_slice details;
};

static int error_of(grpc_status_code status) {
        if (status == GRPC_STATUS_OK)
                return 0;
        if (status == GRPC_STATUS_UNAVAILABLE)
                return -ECONNREFUSED;
        if (status == GRPC_STATUS_DEADLINE_EXCEEDED)
                return -ETIMEDOUT;
        if (status == GRPC_STATUS_INVALID_ARGUMENT)
                return -EBADMSG;
        if (status == GRPC_STATUS_RESOURCE_EXHAUSTED)
                return -E2BIG;
        return -EPROTO;
}

static grpc_channel *open_channel(const char *target) {
        static char receive_key[] = GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH;
        static char proxy_key[] = GRPC_ARG_ENABLE_HTTP_PROXY;
        grpc_arg arguments[] = {
                { .type = GRPC_ARG_INTEGER, .key = receive_key, .value.integer = INT_MAX },
                { .type = GRPC_ARG_INTEGER, .key = proxy_key, .value.integer = 0 },
        };
        grpc_channel_args list = { .num_args = 2, .args = arguments };
        grpc_channel_credentials *credentials = grpc_insecure_credentials_create();
        grpc_channel *channel = grpc_channel_create(target, credentials, &list);

        grpc_channel_credentials_release(credentials);
        return channel;
}

/* One batch is the whole call; it is over when the deadline is, at the latest. */
static void run(grpc_call *call, grpc_completion_queue *queue, grpc_byte_buffer *message,
                struct outcome *o) {
        grpc_op ops[6] = { 0 };

        ops[0].op = GRPC_OP_SEND_INITIAL_METADATA;
        ops[1].op = GRPC_OP_SEND_MESSAGE;
        ops[1].data.send_message.send_message = message;
        ops[2].op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
        ops[3].op = GRPC_OP_RECV_INITIAL_METADATA;
        ops[3].data.recv_initial_metadata.recv_initial_metadata = &o->initial;
        ops[4].op = GRPC_OP_RECV_MESSAGE;
        ops[4].data.recv_message.recv_message = &o->message;
        ops[5].op = GRPC_OP_RECV_STATUS_ON_CLIENT;
        ops[5].data.recv_status_on_client.trailing_metadata = &o->trailing;
        ops[5].data.recv_status_on_client.status = &o->status;
        ops[5].data.recv_status_on_client.status_details = &o->details;
        if (grpc_call_start_batch(call, ops, 6, call, NULL) != GRPC_CALL_OK)
                BUG("a batch that gRPC does not allow");
        grpc_completion_queue_pluck(queue, call, gpr_inf_future(GPR_CLOCK_REALTIME), NULL);
}

static int take_message(const struct outcome *o, struct arena *arena, struct text *ret) {
        grpc_byte_buffer_reader reader;
        size_t len = o->message ? grpc_byte_buffer_length(o->message) : 0;
        char *bytes = arena_alloc(arena, len);
        size_t at = 0;
        grpc_slice slice;

        if (!bytes)
                return -ENOMEM;
        if (o->message && grpc_byte_buffer_reader_init(&reader, o->message)) {
                while (grpc_byte_buffer_reader_next(&reader, &slice)) {
                        memcpy(bytes + at, GRPC_SLICE_START_PTR(slice), GRPC_SLICE_LENGTH(slice));
                        at += GRPC_SLICE_LENGTH(slice);
                        grpc_slice_unref(slice);
                }
                grpc_byte_buffer_reader_destroy(&reader);
        }
        *ret = (struct text) { .data = bytes, .len = at };
        return 0;
}

static int finish(const char *target, const struct outcome *o, struct arena *arena,
                  struct text *ret, struct fault *fault) {
        int r = error_of(o->status);

        if (r < 0) {
                fault_set(fault, "%s answers with gRPC status %d: %.*s", target, (int)o->status,
                          (int)GRPC_SLICE_LENGTH(o->details),
                          (const char *)GRPC_SLICE_START_PTR(o->details));
                return r;
        }
        r = take_message(o, arena, ret);
        if (r < 0)
                fault_set(fault, "the answer of %s does not fit into memory", target);
        return r;
}

int client_call(const char *target, struct text request, int64_t timeout_ms, struct arena *arena,
                struct text *ret, struct fault *fault) {
        struct outcome o = { 0 };
        grpc_completion_queue *queue;
        grpc_channel *channel;
        grpc_call *call;
        grpc_slice bytes;
        grpc_byte_buffer *message;
        int r;

        grpc_init();
        queue = grpc_completion_queue_create_for_pluck(NULL);
        channel = open_channel(target);
        call = grpc_channel_create_call(
                channel, NULL, GRPC_PROPAGATE_DEFAULTS, queue,
                grpc_slice_from_static_string(METHOD), NULL,
                gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                             gpr_time_from_millis(timeout_ms, GPR_TIMESPAN)),
                NULL);
        bytes = grpc_slice_from_copied_buffer(request.data, request.len);
        message = grpc_raw_byte_buffer_create(&bytes, 1);
        grpc_metadata_array_init(&o.initial);
        grpc_metadata_array_init(&o.trailing);
        o.details = grpc_empty_slice();

        run(call, queue, message, &o);
        r = finish(target, &o, arena, ret, fault);

        grpc_metadata_array_destroy(&o.initial);
        grpc_metadata_array_destroy(&o.trailing);
        grpc_slice_unref(o.details);
        grpc_byte_buffer_destroy(o.message);
        grpc_byte_buffer_destroy(message);
        grpc_slice_unref(bytes);
        grpc_call_unref(call);
        grpc_channel_destroy(channel);
        grpc_completion_queue_shutdown(queue);
        while (grpc_completion_queue_pluck(queue, NULL, gpr_inf_future(GPR_CLOCK_REALTIME), NULL)
                       .type != GRPC_QUEUE_SHUTDOWN)
                continue;
        grpc_completion_queue_destroy(queue);
        grpc_shutdown_blocking();
        return r;
}
