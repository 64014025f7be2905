/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IPv4 and IPv6, a kernel without the latter, and listeners that nobody serves.
 */
#include "rig.h"
#include "server/self_check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *program;

static void start_everywhere(struct rig *r) {
        static const char *const flags[] = { "--insecure", "--address=0.0.0.0:0",
                                             "--metrics-address=:0", NULL };
        const char *colon;

        rig_spawn(r, program, flags);
        rig_wait(r, "\"msg\":\"serving\"");
        colon = strstr(r->line, "\"address\":\"0.0.0.0:");
        assert_non_null(colon);
        snprintf(r->address, sizeof(r->address), "127.0.0.1:%ld", strtol(colon + 19, NULL, 10));
        colon = strstr(r->line, "\"metrics_address\":\":");
        assert_non_null(colon);
        snprintf(r->metrics, sizeof(r->metrics), "%ld", strtol(colon + 20, NULL, 10));
}

static void assert_serves(const struct rig *r) {
        char page[512];

        assert_int_equal(client_once(r->address, NULL, RUN_V1, SMALL_REQUEST, NULL),
                         GRPC_STATUS_OK);
        assert_int_equal(rig_get(r, "/healthz", page, sizeof(page)), 200);
}

static bool has_ipv6(void) {
        struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
        int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0;

        close(fd);
        return bound;
}

static void test_both(void **state) {
        char address[64];
        struct rig r;

        (void)state;
        if (!has_ipv6())
                skip();
        start_everywhere(&r);
        assert_serves(&r);
        snprintf(address, sizeof(address), "[::1]%s", strrchr(r.address, ':'));
        assert_int_equal(client_once(address, NULL, RUN_V1, SMALL_REQUEST, NULL), GRPC_STATUS_OK);
        rig_stop(&r);
}

/* From here on this process and its children get EAFNOSUPPORT for a socket of IPv6. */
static bool forbid_ipv6(void) {
        struct sock_filter rules[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        const struct sock_fprog filter = { .len = 6, .filter = rules };

        return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
               prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

/* The last test: there is no way back. */
static void test_without_ipv6(void **state) {
        struct rig r;

        (void)state;
        if (!forbid_ipv6())
                skip();
        assert_false(has_ipv6());
        start_everywhere(&r);
        assert_serves(&r);
        rig_stop(&r);
}

/* What /healthz asks of a listener: one that never accepts, and none, are dead. */
static void test_dead_listener(void **state) {
        enum { TIMEOUT_MS = 200 };
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        socklen_t len = sizeof(address);
        struct self_check alive;

        (void)state;
        assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
        assert_int_equal(listen(fd, 8), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
        assert_true(self_check_init(&alive, "127.0.0.1:0", ntohs(address.sin_port), false));
        assert_false(self_check_run(&alive, TIMEOUT_MS));
        close(fd);
        assert_false(self_check_run(&alive, TIMEOUT_MS));
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_both),
                cmocka_unit_test(test_dead_listener),
                cmocka_unit_test(test_without_ipv6),
        };
        int failed;

        if (argc != 2)
                return 2;
        program = argv[1];
        grpc_init();
        failed = cmocka_run_group_tests(tests, NULL, NULL);
        grpc_shutdown_blocking();
        return failed;
}
