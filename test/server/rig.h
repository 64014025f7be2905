/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rig - the program as a process, and a client of any kind for it
 */
#ifndef TEST_SERVER_RIG_H
#define TEST_SERVER_RIG_H

#include "base/arena.h"
#include "base/text.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/status.h>
#include <sys/types.h>

struct rig {
        pid_t pid;
        int log;          /* its stderr */
        char line[8192];  /* the last one that rig_wait() found */
        char address[64]; /* 127.0.0.1:PORT */
        char metrics[16]; /* PORT */
        char seen[65536]; /* what was read of the log and not handed out */
        size_t n_seen;
};

/* rig_spawn() - start the program with these flags, NULL at the end. */
void rig_spawn(struct rig *r, const char *program, const char *const *flags);

/* rig_start() - the same, on ports of its own choice, until it serves. Fails the test if it does
 * not. */
void rig_start(struct rig *r, const char *program, const char *const *flags);

/* rig_wait() - reads the log until a line holds what; the test fails after five seconds. */
void rig_wait(struct rig *r, const char *what);

/* rig_exit() - waits for the end; the exit code, or 1000 + the signal. */
int rig_exit(struct rig *r);

/* rig_stop() - SIGTERM; the test fails unless the exit code is 0. */
void rig_stop(struct rig *r);

/* Sanitizers keep what was freed for a while: with them memory tells nothing. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RIG_MEMORY_TELLS false
#else
#define RIG_MEMORY_TELLS true
#endif

/* rig_memory_kb() - resident now. */
long rig_memory_kb(const struct rig *r);

/* rig_get() - the body of http://127.0.0.1:METRICS/path; returns the status. */
int rig_get(const struct rig *r, const char *path, char *ret, size_t size);

/* rig_metrics() - the page of metrics, which must be one that Prometheus reads; lives in arena. */
struct text rig_metrics(const struct rig *r, struct arena *arena);

/* One call, step by step. */
struct client {
        grpc_completion_queue *queue;
        grpc_channel *channel;
        grpc_call *call;
        grpc_metadata_array initial, trailing;
        grpc_byte_buffer *message;
        grpc_status_code status;
        grpc_slice details;
        bool is_sharing;  /* another client's connection */
        bool has_initial; /* metadata has arrived */
};

/* client_open() - a connection of its own. credentials NULL: plain text; else released here. */
void client_open(struct client *c, const char *address, grpc_channel_credentials *credentials);

/* client_share() - the connection of another client, which must be closed after this one. */
void client_share(struct client *c, const struct client *other);

/* client_send() - begins a call and sends one message; nothing is read yet. */
void client_send(struct client *c, const char *method, struct text request, int timeout_ms);

/*
 * client_whole_call() - one whole call, as a library makes it: everything in one batch
 *
 * Only so does core send a call again that the server never saw, because the
 * connection was said goodbye to before the call left. The steps below it does not.
 */
grpc_status_code client_whole_call(struct client *c, const char *method, struct text request,
                                   int timeout_ms);

/* client_begin(), client_write(), client_close_writes() - the same in steps, for more than one
 * message.
 */
void client_begin(struct client *c, const char *method, int timeout_ms);
void client_write(struct client *c, struct text message);
void client_close_writes(struct client *c);

/* client_read() - the next message; NULL when there is none. The caller destroys it. */
grpc_byte_buffer *client_read(struct client *c);

/* client_finish() - the call's status, which ends it. */
grpc_status_code client_finish(struct client *c);

void client_close(struct client *c);

/* client_once() - all of it on one new connection; ret_message may be NULL. */
grpc_status_code client_once(const char *address, grpc_channel_credentials *credentials,
                             const char *method, struct text request,
                             grpc_byte_buffer **ret_message);

/* message_bytes() - what a message holds, moved to ret; the test fails when there is none. */
struct text message_bytes(grpc_byte_buffer *message, char *ret, size_t size);

#define RUN_V1 "/apiextensions.fn.proto.v1.FunctionRunnerService/RunFunction"
#define RUN_V1BETA1 "/apiextensions.fn.proto.v1beta1.FunctionRunnerService/RunFunction"

/* A RunFunctionRequest that is complete as far as the protocol goes: meta.tag "t". */
#define SMALL_REQUEST TEXT("\x0a\x03\x0a\x01t")

/* rig_large_request() - a long string in the context, which the answer repeats. The caller frees
 * its data. */
struct text rig_large_request(size_t string_len);

#endif
