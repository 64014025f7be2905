/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include "lib/promtext.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/support/time.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

extern char **environ;

enum { MAX_FLAGS = 32, LOG_TIMEOUT_MS = 5000, CALL_TIMEOUT_MS = 10000 };

/* ---- the process ----------------------------------------------------------------------------- */

void rig_spawn(struct rig *r, const char *program, const char *const *flags) {
        union {
                const char *in;
                char *out;
        } argv[MAX_FLAGS] = { { .in = program } };
        posix_spawn_file_actions_t actions;
        int ends[2];

        for (size_t i = 0; flags[i]; i++)
                argv[i + 1].in = flags[i];
        memset(r, 0, sizeof(*r));
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
        assert_int_equal(posix_spawn(&r->pid, program, &actions, NULL, &argv[0].out, environ), 0);
        posix_spawn_file_actions_destroy(&actions);
        close(ends[1]);
        r->log = ends[0];
}

static void keep_value(const char *line, const char *key, char *ret, size_t size) {
        const char *found = strstr(line, key);
        const char *end = found ? strchr(found + strlen(key), '"') : NULL;

        ret[0] = '\0';
        if (end)
                snprintf(ret, size, "%.*s", (int)(end - found - (int)strlen(key)),
                         found + strlen(key));
}

void rig_start(struct rig *r, const char *program, const char *const *flags) {
        const char *all[MAX_FLAGS] = { "--address=127.0.0.1:0", "--metrics-address=127.0.0.1:0" };

        for (size_t i = 0; flags[i]; i++)
                all[i + 2] = flags[i];
        rig_spawn(r, program, all);
        rig_wait(r, "\"msg\":\"serving\"");
        keep_value(r->line, "\"address\":\"", r->address, sizeof(r->address));
        keep_value(r->line, "\"metrics_address\":\"127.0.0.1:", r->metrics, sizeof(r->metrics));
}

/* Moves the first whole line of what was seen to r->line. */
static bool take_line(struct rig *r) {
        char *end = memchr(r->seen, '\n', r->n_seen);
        size_t len = end ? (size_t)(end - r->seen) : 0;

        if (!end)
                return false;
        snprintf(r->line, sizeof(r->line), "%.*s", (int)len, r->seen);
        r->n_seen -= len + 1;
        memmove(r->seen, end + 1, r->n_seen);
        return true;
}

void rig_wait(struct rig *r, const char *what) {
        for (;;) {
                struct pollfd p = { .fd = r->log, .events = POLLIN };
                ssize_t n;

                while (take_line(r)) {
                        if (strstr(r->line, what))
                                return;
                }
                if (poll(&p, 1, LOG_TIMEOUT_MS) != 1)
                        break;
                n = read(r->log, r->seen + r->n_seen, sizeof(r->seen) - r->n_seen);
                if (n <= 0)
                        break;
                r->n_seen += (size_t)n;
        }
        kill(r->pid, SIGKILL); /* or it would outlive the test */
        fail_msg("the log never said %s; last: %s", what, r->line);
}

int rig_exit(struct rig *r) {
        int status;

        assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
        close(r->log);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

void rig_stop(struct rig *r) {
        kill(r->pid, SIGTERM);
        assert_int_equal(rig_exit(r), 0);
}

long rig_memory_kb(const struct rig *r) {
        char path[64], line[256];
        long kb = -1;
        FILE *f;

        snprintf(path, sizeof(path), "/proc/%d/status", (int)r->pid);
        f = fopen(path, "re");
        assert_non_null(f);
        while (fgets(line, sizeof(line), f)) {
                if (strncmp(line, "VmRSS:", 6) == 0)
                        kb = strtol(line + 6, NULL, 10);
        }
        fclose(f);
        return kb;
}

int rig_get(const struct rig *r, const char *path, char *ret, size_t size) {
        struct sockaddr_in to = { .sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)strtol(r->metrics, NULL, 10)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        char request[128];
        size_t len = 0;
        ssize_t n;

        assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
        n = snprintf(request, sizeof(request), "GET %s HTTP/1.0\r\n\r\n", path);
        assert_int_equal(write(fd, request, (size_t)n), n);
        while (len + 1 < size && (n = read(fd, ret + len, size - 1 - len)) > 0)
                len += (size_t)n;
        ret[len] = '\0';
        close(fd);
        return len > 12 ? (int)strtol(ret + 9, NULL, 10) : 0;
}

struct text rig_metrics(const struct rig *r, struct arena *arena) {
        enum { PAGE_BYTES = 1 << 20 };
        char *page = arena_alloc(arena, PAGE_BYTES), *body;
        struct text text, complaint;

        assert_non_null(page);
        assert_int_equal(rig_get(r, "/metrics", page, PAGE_BYTES), 200);
        body = strstr(page, "\r\n\r\n");
        assert_non_null(body);
        text = text_from(body + 4);
        complaint = promtext_complaint(text, arena);
        if (!text_is_empty(complaint))
                fail_msg("%.*s", TEXT_ARG(complaint));
        return text;
}

/* ---- the client ------------------------------------------------------------------------------ */

static void run(struct client *c, const grpc_op *ops, size_t n) {
        assert_int_equal(grpc_call_start_batch(c->call, ops, n, c, NULL), GRPC_CALL_OK);
        grpc_completion_queue_pluck(c->queue, c, gpr_inf_future(GPR_CLOCK_REALTIME), NULL);
}

void client_open(struct client *c, const char *address, grpc_channel_credentials *credentials) {
        static char own_connection[] = GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL;
        static char window[] = GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES;
        static char probe[] = GRPC_ARG_HTTP2_BDP_PROBE;
        /* A small window that does not grow: what is not read stays with the server. */
        grpc_arg list[] = {
                { .type = GRPC_ARG_INTEGER, .key = own_connection, .value.integer = 1 },
                { .type = GRPC_ARG_INTEGER, .key = window, .value.integer = 65536 },
                { .type = GRPC_ARG_INTEGER, .key = probe, .value.integer = 0 },
        };
        grpc_channel_args arguments = { .num_args = 3, .args = list };

        memset(c, 0, sizeof(*c));
        if (!credentials)
                credentials = grpc_insecure_credentials_create();
        c->queue = grpc_completion_queue_create_for_pluck(NULL);
        c->channel = grpc_channel_create(address, credentials, &arguments);
        grpc_channel_credentials_release(credentials);
}

void client_share(struct client *c, const struct client *other) {
        memset(c, 0, sizeof(*c));
        c->queue = grpc_completion_queue_create_for_pluck(NULL);
        c->channel = other->channel;
        c->is_sharing = true;
}

static void create_call(struct client *c, const char *method, int timeout_ms) {
        grpc_slice path = grpc_slice_from_copied_string(method);

        c->call = grpc_channel_create_call(
                c->channel, NULL, GRPC_PROPAGATE_DEFAULTS, c->queue, path, NULL,
                gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                             gpr_time_from_millis(timeout_ms, GPR_TIMESPAN)),
                NULL);
        grpc_metadata_array_init(&c->initial);
        grpc_metadata_array_init(&c->trailing);
        c->details = grpc_empty_slice();
        c->has_initial = false;
        grpc_slice_unref(path);
}

static grpc_byte_buffer *message_new(struct text bytes) {
        grpc_slice slice = grpc_slice_from_copied_buffer(bytes.data, bytes.len);
        grpc_byte_buffer *message = grpc_raw_byte_buffer_create(&slice, 1);

        grpc_slice_unref(slice);
        return message;
}

static grpc_op receive_status(struct client *c) {
        grpc_op receive = { .op = GRPC_OP_RECV_STATUS_ON_CLIENT };

        receive.data.recv_status_on_client.trailing_metadata = &c->trailing;
        receive.data.recv_status_on_client.status = &c->status;
        receive.data.recv_status_on_client.status_details = &c->details;
        return receive;
}

static grpc_status_code end_call(struct client *c) {
        grpc_metadata_array_destroy(&c->initial);
        grpc_metadata_array_destroy(&c->trailing);
        grpc_slice_unref(c->details);
        grpc_call_unref(c->call);
        return c->status;
}

grpc_status_code client_whole_call(struct client *c, const char *method, struct text request,
                                   int timeout_ms) {
        grpc_byte_buffer *sent = message_new(request), *received = NULL;
        grpc_op ops[6] = {
                { .op = GRPC_OP_SEND_INITIAL_METADATA },
                { .op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = sent },
                { .op = GRPC_OP_SEND_CLOSE_FROM_CLIENT },
                { .op = GRPC_OP_RECV_INITIAL_METADATA,
                  .data.recv_initial_metadata.recv_initial_metadata = &c->initial },
                { .op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &received },
                receive_status(c),
        };

        create_call(c, method, timeout_ms);
        run(c, ops, sizeof(ops) / sizeof(ops[0]));
        grpc_byte_buffer_destroy(sent);
        grpc_byte_buffer_destroy(received);
        return end_call(c);
}

void client_begin(struct client *c, const char *method, int timeout_ms) {
        grpc_op begin = { .op = GRPC_OP_SEND_INITIAL_METADATA };

        create_call(c, method, timeout_ms);
        run(c, &begin, 1);
}

void client_write(struct client *c, struct text message) {
        grpc_op send = { .op = GRPC_OP_SEND_MESSAGE };

        send.data.send_message.send_message = message_new(message);
        run(c, &send, 1);
        grpc_byte_buffer_destroy(send.data.send_message.send_message);
}

void client_close_writes(struct client *c) {
        grpc_op end = { .op = GRPC_OP_SEND_CLOSE_FROM_CLIENT };

        run(c, &end, 1);
}

static void receive_initial(struct client *c) {
        grpc_op receive = { .op = GRPC_OP_RECV_INITIAL_METADATA };

        if (c->has_initial)
                return;
        receive.data.recv_initial_metadata.recv_initial_metadata = &c->initial;
        run(c, &receive, 1);
        c->has_initial = true;
}

void client_send(struct client *c, const char *method, struct text request, int timeout_ms) {
        client_begin(c, method, timeout_ms);
        client_write(c, request);
        client_close_writes(c);
        receive_initial(c);
}

grpc_byte_buffer *client_read(struct client *c) {
        grpc_op receive = { .op = GRPC_OP_RECV_MESSAGE };
        grpc_byte_buffer *message = NULL;

        receive_initial(c);
        receive.data.recv_message.recv_message = &message;
        run(c, &receive, 1);
        return message;
}

grpc_status_code client_finish(struct client *c) {
        grpc_op receive = receive_status(c);

        run(c, &receive, 1);
        return end_call(c);
}

void client_close(struct client *c) {
        if (!c->is_sharing)
                grpc_channel_destroy(c->channel);
        grpc_completion_queue_shutdown(c->queue);
        while (grpc_completion_queue_pluck(c->queue, NULL, gpr_inf_future(GPR_CLOCK_REALTIME), NULL)
                       .type != GRPC_QUEUE_SHUTDOWN)
                continue;
        grpc_completion_queue_destroy(c->queue);
}

grpc_status_code client_once(const char *address, grpc_channel_credentials *credentials,
                             const char *method, struct text request,
                             grpc_byte_buffer **ret_message) {
        grpc_byte_buffer *message;
        grpc_status_code status;
        struct client c;

        client_open(&c, address, credentials);
        client_send(&c, method, request, CALL_TIMEOUT_MS);
        message = client_read(&c);
        status = client_finish(&c);
        client_close(&c);
        if (ret_message)
                *ret_message = message;
        else
                grpc_byte_buffer_destroy(message);
        return status;
}

struct text message_bytes(grpc_byte_buffer *message, char *ret, size_t size) {
        grpc_byte_buffer_reader reader;
        grpc_slice slice;
        size_t len;

        assert_non_null(message);
        assert_true(grpc_byte_buffer_reader_init(&reader, message));
        slice = grpc_byte_buffer_reader_readall(&reader);
        len = GRPC_SLICE_LENGTH(slice);
        assert_true(len <= size);
        memcpy(ret, GRPC_SLICE_START_PTR(slice), len);
        grpc_slice_unref(slice);
        grpc_byte_buffer_reader_destroy(&reader);
        grpc_byte_buffer_destroy(message);
        return (struct text) { .data = ret, .len = len };
}

/* ---- requests -------------------------------------------------------------------------------- */

struct text rig_large_request(size_t string_len) {
        char *bytes = malloc(string_len + 64), *at = bytes + 64;
        struct text t = { at, string_len };
        /* Value.string_value, the entry's value, Struct.fields around its key, the context */
        static const struct {
                struct text before;
                char tag;
        } shells[] = {
                { TEXT_INIT(""), 0x1a },
                { TEXT_INIT("\x0a\x01k"), 0x12 },
                { TEXT_INIT(""), 0x0a },
                { TEXT_INIT(""), 0x2a },
        };

        assert_non_null(bytes);
        memset(at, 'x', string_len);
        for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
                char head[16];
                size_t n = 0, len = t.len;

                memcpy(head, shells[i].before.data, shells[i].before.len);
                n = shells[i].before.len;
                head[n++] = shells[i].tag;
                for (; len > 0x7f; len >>= 7)
                        head[n++] = (char)(0x80 | (len & 0x7f));
                head[n++] = (char)len;
                at -= n;
                memcpy(at, head, n);
                t = (struct text) { at, t.len + n };
        }
        memmove(bytes, t.data, t.len);
        return (struct text) { bytes, t.len };
}
