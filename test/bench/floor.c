/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least that a function on gRPC's core can cost: RunFunction without the
 * function.
 *
 *      floor empty ADDRESS    answers without looking at the request
 *      floor pass ADDRESS     sends the tag and the desired state back, by reference
 *
 * Threads and queue are those of the product: one completion queue, as many
 * threads as there are cores. Ends by being killed.
 */
#include "base/fault.h"
#include "wire/encode.h"

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/status.h>
#include <grpc/support/alloc.h>
#include <grpc/support/time.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define METHOD "/apiextensions.fn.proto.v1.FunctionRunnerService/RunFunction"

enum { N_POSTED = 16, MAX_MESSAGE_BYTES = 64 * 1024 * 1024, MAX_THREADS = 64 };

/* Field numbers of proto/v1/run_function.proto */
enum { REQUEST_META = 1, REQUEST_DESIRED = 3, META_TAG = 1 };
enum { RESPONSE_META = 1, RESPONSE_DESIRED = 2 };

static grpc_server *server;
static grpc_completion_queue *queue;
static void *method;
static bool passes;

struct call {
        grpc_call *call;
        gpr_timespec deadline;
        grpc_metadata_array metadata;
        grpc_byte_buffer *request, *answer;
        int cancelled;
        bool is_sent;
};

static void post(void) {
        struct call *c = gpr_zalloc(sizeof(*c));

        grpc_metadata_array_init(&c->metadata);
        if (grpc_server_request_registered_call(server, method, &c->call, &c->deadline,
                                                &c->metadata, &c->request, queue, queue,
                                                c) != GRPC_CALL_OK)
                BUG("a request that gRPC does not allow");
}

static grpc_slice empty_answer(void) {
        static const char meta[] = { 0x0a, 0x02, 0x12, 0x00 }; /* a ttl of 0 s */

        return grpc_slice_from_static_buffer(meta, sizeof(meta));
}

/* The field as it was received, under its number in the response, which needs one byte too. */
static grpc_slice field_slice(grpc_slice request, struct text record, uint32_t number,
                              grpc_slice *ret_tag) {
        size_t at = (size_t)(record.data - (const char *)GRPC_SLICE_START_PTR(request));

        *ret_tag = grpc_slice_malloc(1);
        encode_tag((char *)GRPC_SLICE_START_PTR(*ret_tag), number, WIRE_BYTES);
        return grpc_slice_sub(request, at + 1, at + record.len);
}

/* Tags are 64 characters, so that each length is one byte. */
static grpc_slice meta_slice(struct text tag) {
        const char head[] = { 0x0a, (char)(tag.len + 2), 0x0a, (char)tag.len };
        grpc_slice slice = grpc_slice_malloc(sizeof(head) + tag.len);

        memcpy(GRPC_SLICE_START_PTR(slice), head, sizeof(head));
        memcpy(GRPC_SLICE_START_PTR(slice) + sizeof(head), tag.data, tag.len);
        return slice;
}

static grpc_byte_buffer *pass(grpc_byte_buffer *message) {
        grpc_byte_buffer_reader reader;
        grpc_byte_buffer *answer;
        grpc_slice request, slices[4];
        struct text rest, tag;
        struct field field;
        size_t n = 0;

        if (!grpc_byte_buffer_reader_init(&reader, message))
                BUG("a message that cannot be read");
        request = grpc_byte_buffer_reader_readall(&reader);
        grpc_byte_buffer_reader_destroy(&reader);
        rest = (struct text) { .data = (const char *)GRPC_SLICE_START_PTR(request),
                               .len = GRPC_SLICE_LENGTH(request) };
        while (n + 2 <= 4 && field_next(&rest, &field)) {
                if (field_is(&field, REQUEST_META) && field_last(field.bytes, META_TAG, &tag)) {
                        slices[n++] = meta_slice(tag);
                } else if (field_is(&field, REQUEST_DESIRED)) {
                        slices[n + 1] =
                                field_slice(request, field.record, RESPONSE_DESIRED, &slices[n]);
                        n += 2;
                }
        }
        answer = grpc_raw_byte_buffer_create(slices, n);
        while (n > 0)
                grpc_slice_unref(slices[--n]);
        grpc_slice_unref(request);
        return answer;
}

static void answer(struct call *c) {
        grpc_op ops[4] = { 0 };

        if (passes) {
                c->answer = pass(c->request);
        } else {
                grpc_slice slice = empty_answer();

                c->answer = grpc_raw_byte_buffer_create(&slice, 1);
        }
        ops[0].op = GRPC_OP_SEND_INITIAL_METADATA;
        ops[1].op = GRPC_OP_SEND_MESSAGE;
        ops[1].data.send_message.send_message = c->answer;
        ops[2].op = GRPC_OP_SEND_STATUS_FROM_SERVER;
        ops[2].data.send_status_from_server.status = GRPC_STATUS_OK;
        ops[3].op = GRPC_OP_RECV_CLOSE_ON_SERVER;
        ops[3].data.recv_close_on_server.cancelled = &c->cancelled;
        c->is_sent = true;
        if (grpc_call_start_batch(c->call, ops, 4, c, NULL) != GRPC_CALL_OK)
                BUG("a batch that gRPC does not allow");
}

static void call_free(struct call *c) {
        grpc_byte_buffer_destroy(c->request);
        grpc_byte_buffer_destroy(c->answer);
        grpc_metadata_array_destroy(&c->metadata);
        grpc_call_unref(c->call);
        gpr_free(c);
}

static void *serve(void *unused) {
        (void)unused;
        for (;;) {
                grpc_event event =
                        grpc_completion_queue_next(queue, gpr_inf_future(GPR_CLOCK_REALTIME), NULL);
                struct call *c = event.tag;

                if (c->is_sent) {
                        call_free(c);
                        continue;
                }
                post();
                answer(c);
        }
        return NULL;
}

static grpc_arg integer(const char *key, int value) {
        union {
                const char *in;
                char *out;
        } name = { .in = key };

        return (grpc_arg) { .type = GRPC_ARG_INTEGER, .key = name.out, .value.integer = value };
}

int main(int argc, char **argv) {
        grpc_arg arguments[] = {
                integer(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, MAX_MESSAGE_BYTES),
                integer(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1),
                integer(GRPC_ARG_ALLOW_REUSEPORT, 0),
        };
        grpc_channel_args list = { .num_args = sizeof(arguments) / sizeof(arguments[0]),
                                   .args = arguments };
        grpc_server_credentials *credentials;
        pthread_t threads[MAX_THREADS];
        long n_threads = sysconf(_SC_NPROCESSORS_ONLN);

        if (argc != 3 || (strcmp(argv[1], "empty") != 0 && strcmp(argv[1], "pass") != 0)) {
                fprintf(stderr, "usage: floor empty|pass ADDRESS\n");
                return 2;
        }
        passes = strcmp(argv[1], "pass") == 0;
        grpc_init();
        server = grpc_server_create(&list, NULL);
        queue = grpc_completion_queue_create_for_next(NULL);
        grpc_server_register_completion_queue(server, queue, NULL);
        method = grpc_server_register_method(server, METHOD, NULL,
                                             GRPC_SRM_PAYLOAD_READ_INITIAL_BYTE_BUFFER, 0);
        credentials = grpc_insecure_server_credentials_create();
        if (grpc_server_add_http2_port(server, argv[2], credentials) == 0) {
                fprintf(stderr, "floor: cannot listen on %s\n", argv[2]);
                return 1;
        }
        grpc_server_credentials_release(credentials);
        grpc_server_start(server);
        for (int i = 0; i < N_POSTED; i++)
                post();
        if (n_threads > MAX_THREADS)
                n_threads = MAX_THREADS;
        for (long i = 0; i < n_threads; i++) {
                if (pthread_create(&threads[i], NULL, serve, NULL) != 0)
                        return 1;
        }
        for (long i = 0; i < n_threads; i++)
                pthread_join(threads[i], NULL);
        return 0;
}
