/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is let in, and that certificates can be replaced while it serves.
 */
#include "certs.h"
#include "lib/promtext.h"
#include "rig.h"

#include <grpc/byte_buffer.h>
#include <grpc/grpc_security_constants.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *program;

struct world {
        char dir[64];
        struct cert ca;
        struct cert server;
        struct rig rig;
};

/* Shows this certificate, or none, and takes the server for who it is: the test compares itself. */
static grpc_channel_credentials *shows(const struct cert *c) {
        grpc_tls_credentials_options *options = grpc_tls_credentials_options_create();
        grpc_tls_certificate_verifier *verifier = grpc_tls_certificate_verifier_no_op_create();

        if (c) {
                grpc_tls_identity_pairs *pairs = grpc_tls_identity_pairs_create();
                grpc_tls_certificate_provider *provider;
                char *key = key_pem(c), *certificate = cert_pem(c);

                grpc_tls_identity_pairs_add_pair(pairs, key, certificate);
                provider = grpc_tls_certificate_provider_static_data_create(NULL, pairs);
                grpc_tls_credentials_options_set_certificate_provider(options, provider);
                grpc_tls_credentials_options_watch_identity_key_cert_pairs(options);
                grpc_tls_certificate_provider_release(provider);
                free(key);
                free(certificate);
        }
        grpc_tls_credentials_options_set_verify_server_cert(options, 0);
        grpc_tls_credentials_options_set_check_call_host(options, 0);
        grpc_tls_credentials_options_set_certificate_verifier(options, verifier);
        grpc_tls_certificate_verifier_release(verifier);
        return grpc_tls_credentials_create(options);
}

static grpc_status_code call_as(const struct world *w, const struct cert *c) {
        return client_once(w->rig.address, shows(c), RUN_V1, SMALL_REQUEST, NULL);
}

static int setup(void **state) {
        struct world *w = calloc(1, sizeof(*w));
        const char *flags[] = { "--tls-certs-dir", w->dir, NULL };

        snprintf(w->dir, sizeof(w->dir), "/tmp/server-mtls-XXXXXX");
        assert_non_null(mkdtemp(w->dir));
        w->ca = cert_ca(1);
        w->server = cert_leaf(&w->ca, "serverAuth", 1);
        cert_write(w->dir, &w->server, &w->ca);
        rig_start(&w->rig, program, flags);
        *state = w;
        return 0;
}

static int teardown(void **state) {
        static const char *const names[] = { "tls.crt", "tls.key", "ca.crt" };
        struct world *w = *state;

        rig_stop(&w->rig);
        for (size_t i = 0; i < 3; i++) {
                char path[128];

                snprintf(path, sizeof(path), "%s/%s", w->dir, names[i]);
                unlink(path);
        }
        rmdir(w->dir);
        cert_release(&w->ca);
        cert_release(&w->server);
        free(w);
        return 0;
}

static void test_who_is_let_in(void **state) {
        struct world *w = *state;
        struct cert other_ca = cert_ca(1), itself = cert_ca(1);
        struct cert client = cert_leaf(&w->ca, "clientAuth", 1);
        struct cert foreign = cert_leaf(&other_ca, "clientAuth", 1);
        struct cert expired = cert_leaf(&w->ca, "clientAuth", -1);
        struct cert server = cert_leaf(&w->ca, "serverAuth", 1);
        struct cert both = cert_leaf(&w->ca, "serverAuth,clientAuth", 1);
        struct cert any = cert_leaf(&w->ca, NULL, 1);
        struct cert *made[] = { &other_ca, &itself, &client, &foreign,
                                &expired,  &server, &both,   &any };
        const struct {
                const char *name;
                const struct cert *cert;
                grpc_status_code want;
        } rows[] = {
                { "a client of this CA", &client, GRPC_STATUS_OK },
                { "a client and server of this CA", &both, GRPC_STATUS_OK },
                { "no certificate", NULL, GRPC_STATUS_UNAVAILABLE },
                { "another CA of the same name", &foreign, GRPC_STATUS_UNAVAILABLE },
                { "signed by itself, as its name suggests", &itself, GRPC_STATUS_UNAVAILABLE },
                { "expired", &expired, GRPC_STATUS_UNAVAILABLE },
                { "for servers only", &server, GRPC_STATUS_UNAVAILABLE },
                { "for no purpose that it names", &any, GRPC_STATUS_UNAVAILABLE },
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                grpc_status_code got = call_as(w, rows[i].cert);

                if (got != rows[i].want)
                        fail_msg("%s: status %d, want %d", rows[i].name, (int)got,
                                 (int)rows[i].want);
        }
        rig_wait(&w->rig,
                 "\"msg\":\"client refused\",\"error\":\"the client shows no certificate\"");
        assert_int_equal(client_once(w->rig.address, NULL, RUN_V1, SMALL_REQUEST, NULL),
                         GRPC_STATUS_UNAVAILABLE); /* plain text */
        for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
                cert_release(made[i]);
}

/* What else is served asks for the same certificate. */
static void test_health_and_reflection(void **state) {
        static const struct {
                const char *method;
                struct text request;
        } rows[] = {
                { "/grpc.health.v1.Health/Check", TEXT_INIT("") },
                { "/grpc.health.v1.Health/List", TEXT_INIT("") },
                { "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                  TEXT_INIT("\x3a\x00") },
                { "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                  TEXT_INIT("\x3a\x00") },
        };
        struct world *w = *state;
        struct cert client = cert_leaf(&w->ca, "clientAuth", 1);

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                grpc_byte_buffer *answer = NULL;

                assert_int_equal(client_once(w->rig.address, shows(&client), rows[i].method,
                                             rows[i].request, &answer),
                                 GRPC_STATUS_OK);
                assert_non_null(answer);
                grpc_byte_buffer_destroy(answer);
                assert_int_equal(client_once(w->rig.address, shows(NULL), rows[i].method,
                                             rows[i].request, NULL),
                                 GRPC_STATUS_UNAVAILABLE);
        }
        cert_release(&client);
}

static void test_alive(void **state) {
        struct world *w = *state;
        char page[512];

        assert_int_equal(rig_get(&w->rig, "/healthz", page, sizeof(page)), 200);
}

/* One more call on a connection that stays; the certificate that the server shows on it. */
static void call_on(struct client *c, char *ret_pem, size_t size) {
        const grpc_auth_property *property;
        grpc_auth_property_iterator i;
        grpc_auth_context *context;

        client_send(c, RUN_V1, SMALL_REQUEST, 5000);
        grpc_byte_buffer_destroy(client_read(c));
        context = grpc_call_auth_context(c->call);
        i = grpc_auth_context_find_properties_by_name(context, GRPC_X509_PEM_CERT_PROPERTY_NAME);
        property = grpc_auth_property_iterator_next(&i);
        assert_non_null(property);
        snprintf(ret_pem, size, "%.*s", (int)property->value_length, property->value);
        grpc_auth_context_release(context);
        assert_int_equal(client_finish(c), GRPC_STATUS_OK);
}

static void assert_shown(const struct world *w, const struct cert *client,
                         const struct cert *server) {
        char pem[4096], *want = cert_pem(server);
        struct client c;

        client_open(&c, w->rig.address, shows(client));
        call_on(&c, pem, sizeof(pem));
        client_close(&c);
        assert_string_equal(pem, want);
        free(want);
}

static void wait_for_core(void) {
        const struct timespec period = { .tv_sec = 1, .tv_nsec = 500000000 };

        nanosleep(&period, NULL); /* core looks once a second */
}

static void test_replaced(void **state) {
        struct world *w = *state;
        struct cert client = cert_leaf(&w->ca, "clientAuth", 1), new_ca = cert_ca(1);
        struct cert new_server = cert_leaf(&new_ca, "serverAuth", 1);
        struct cert new_client = cert_leaf(&new_ca, "clientAuth", 1);
        struct client old;
        char pem[4096];

        client_open(&old, w->rig.address, shows(&client));
        call_on(&old, pem, sizeof(pem));

        /* Garbage, and a key of another certificate, change nothing. */
        cert_write_text(w->dir, "tls.crt", "garbage");
        rig_wait(&w->rig, "the certificates in use are kept");
        cert_write(w->dir, &w->server, &w->ca);
        rig_wait(&w->rig, "certificates reloaded");
        {
                char *key = key_pem(&new_server);

                cert_write_text(w->dir, "tls.key", key);
                free(key);
        }
        rig_wait(&w->rig, "the certificates in use are kept");
        wait_for_core();
        assert_shown(w, &client, &w->server);

        cert_write(w->dir, &new_server, &new_ca);
        rig_wait(&w->rig, "certificates reloaded");
        wait_for_core();
        assert_shown(w, &new_client, &new_server);
        assert_int_equal(call_as(w, &client), GRPC_STATUS_UNAVAILABLE);
        call_on(&old, pem, sizeof(pem)); /* the connection from before goes on */

        client_close(&old);
        cert_write(w->dir, &w->server, &w->ca);
        rig_wait(&w->rig, "certificates reloaded");
        kill(w->rig.pid, SIGHUP); /* though nothing has changed */
        rig_wait(&w->rig, "certificates reloaded");
        cert_release(&client);
        cert_release(&new_ca);
        cert_release(&new_server);
        cert_release(&new_client);
}

/* After the test above: what has been refused and kept is counted. */
static void test_counted(void **state) {
        static const char expiry[] = "function_gpu_placement_certificate_expiry_timestamp_seconds";
        struct world *w = *state;
        struct arena arena;
        struct text page;
        char series[128];

        arena_init(&arena, 16 << 20);
        page = rig_metrics(&w->rig, &arena);
        assert_true(promtext_value(
                            page, "function_gpu_placement_certificate_reload_failures_total") >= 2);
        assert_true(promtext_value(page, "function_gpu_placement_certificate_reloads_total") >= 3);
        assert_true(promtext_value(page, "function_gpu_placement_clients_refused_total") >= 10);
        for (size_t i = 0; i < 2; i++) {
                double seconds;

                snprintf(series, sizeof(series), "%s{file=\"%s\"}", expiry,
                         i == 0 ? "tls.crt" : "ca.crt");
                seconds = promtext_value(page, series);
                if (seconds <= (double)time(NULL) || seconds > (double)time(NULL) + 2 * 86400)
                        fail_msg("%s is %f", series, seconds);
        }
        arena_release(&arena);
}

/* One that has expired is used where there is no other, and replaces no better one. */
static void test_expired(void **state) {
        struct world *w = *state;
        struct cert ended = cert_leaf(&w->ca, "serverAuth", -1);
        struct cert client = cert_leaf(&w->ca, "clientAuth", 1);
        char dir[] = "/tmp/server-mtls-XXXXXX", command[64];
        const char *flags[] = { "--tls-certs-dir", dir, NULL };
        const char *log_only[] = { "--tls-certs-dir", dir, "--address=127.0.0.1:0",
                                   "--metrics-address=0", NULL };
        struct world other = { 0 };

        cert_write(w->dir, &ended, &w->ca);
        rig_wait(&w->rig, "tls.crt has expired");
        assert_non_null(strstr(w->rig.line, "\"level\":\"warn\""));
        assert_non_null(strstr(w->rig.line, "the certificates in use are kept"));
        wait_for_core();
        assert_shown(w, &client, &w->server);
        cert_write(w->dir, &w->server, &w->ca);
        rig_wait(&w->rig, "certificates reloaded");

        assert_non_null(mkdtemp(dir));
        cert_write(dir, &ended, &w->ca);
        rig_spawn(&other.rig, program, log_only);
        rig_wait(&other.rig, "\"warn\"");
        assert_non_null(
                strstr(other.rig.line, "\"msg\":\"certificate expired\",\"file\":\"tls.crt\""));
        rig_wait(&other.rig, "serving");
        rig_stop(&other.rig);
        rig_start(&other.rig, program, flags);
        assert_int_equal(call_as(&other, &client), GRPC_STATUS_OK); /* it does not look at ours */
        cert_write(dir, &w->server, &w->ca);
        rig_wait(&other.rig, "certificates reloaded");
        rig_stop(&other.rig);
        snprintf(command, sizeof(command), "rm -r %s", dir);
        assert_int_equal(system(command), 0);
        cert_release(&ended);
        cert_release(&client);
}

static void test_start_refused(void **state) {
        struct world *w = *state;
        struct cert other = cert_leaf(&w->ca, "serverAuth", 1);
        char *key = key_pem(&other), *good = cert_pem(&w->server);
        const struct {
                const char *file;
                const char *text;
                const char *want;
        } rows[] = {
                { "tls.key", key, "tls.key is not the key of tls.crt" },
                { "tls.key", "garbage", "tls.key holds no private key" },
                { "tls.crt", "", "tls.crt holds no certificate" },
                { "ca.crt", "garbage", "ca.crt holds no certificate" },
                { "ca.crt", good, "ca.crt holds a certificate that is no authority" },
        };
        char dir[] = "/tmp/server-mtls-XXXXXX", command[64];
        const char *flags[] = { "--address=127.0.0.1:0", "--metrics-address=0", "--tls-certs-dir",
                                dir, NULL };
        struct rig r;

        assert_non_null(mkdtemp(dir));
        rig_spawn(&r, program, flags);
        rig_wait(&r, "tls.crt: No such file or directory");
        assert_int_equal(rig_exit(&r), 2);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                cert_write(dir, &w->server, &w->ca);
                cert_write_text(dir, rows[i].file, rows[i].text);
                rig_spawn(&r, program, flags);
                rig_wait(&r, rows[i].want);
                assert_int_equal(rig_exit(&r), 2);
        }
        snprintf(command, sizeof(command), "rm -r %s", dir);
        assert_int_equal(system(command), 0);
        cert_release(&other);
        free(key);
        free(good);
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_who_is_let_in), cmocka_unit_test(test_health_and_reflection),
                cmocka_unit_test(test_alive),         cmocka_unit_test(test_replaced),
                cmocka_unit_test(test_expired),       cmocka_unit_test(test_counted),
                cmocka_unit_test(test_start_refused),
        };
        int failed;

        if (argc != 2)
                return 2;
        program = argv[1];
        grpc_init();
        failed = cmocka_run_group_tests(tests, setup, teardown);
        grpc_shutdown_blocking();
        return failed;
}
