/* SPDX-License-Identifier: Apache-2.0 */
#include "server/address.h"

#include <string.h>

#include "lib/memory.h"

static void test_addresses(void **state) {
        static const struct {
                const char *text;
                bool is_valid;
                const char *host, *port;
                const char *with_port; /* 7 */
        } rows[] = {
                { ":9443", true, "", "9443", ":7" },
                { "0.0.0.0:9443", true, "", "9443", "0.0.0.0:7" },
                { "127.0.0.1:0", true, "127.0.0.1", "0", "127.0.0.1:7" },
                { "localhost:65535", true, "localhost", "65535", "localhost:7" },
                { "[::]:9443", true, "::", "9443", "[::]:7" },
                { "[fe80::1%eth0]:80", true, "fe80::1%eth0", "80", "[fe80::1%eth0]:7" },
                { "9443", false, NULL, NULL, NULL },
                { "", false, NULL, NULL, NULL },
                { "localhost:", false, NULL, NULL, NULL },
                { "localhost:http", false, NULL, NULL, NULL },
                { "localhost:65536", false, NULL, NULL, NULL },
                { "localhost:-1", false, NULL, NULL, NULL },
                { "::9443", false, NULL, NULL, NULL },
                { "unix:/tmp/socket:1", false, NULL, NULL, NULL },
                { "a b:1", false, NULL, NULL, NULL },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct address address;
                char written[ADDRESS_MAX];

                print_message("\"%s\"\n", rows[i].text);
                assert_int_equal(address_is_valid(rows[i].text), rows[i].is_valid);
                if (!rows[i].is_valid)
                        continue;
                address = address_split(rows[i].text);
                assert_string_equal(address.host, rows[i].host);
                assert_string_equal(address.port, rows[i].port);
                address_with_port(rows[i].text, 7, written, sizeof(written));
                assert_string_equal(written, rows[i].with_port);
        }
}

/* A host that no name can have is cut, not written beyond its end. */
static void test_long_host(void **state) {
        char text[1000];
        struct address address;

        (void)state;
        memset(text, 'a', sizeof(text));
        memcpy(text + sizeof(text) - 4, ":80", 4);
        assert_true(address_is_valid(text));
        address = address_split(text);
        assert_int_equal(strlen(address.host), ADDRESS_HOST_MAX - 1);
        assert_string_equal(address.port, "80");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_addresses),
                cmocka_unit_test(test_long_host),
        };

        return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
