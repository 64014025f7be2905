/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "wire/encode.h"

struct row {
        const char *name;
        struct text bytes;
        bool is_field;
        uint32_t number;
        enum wire_type type;
        uint64_t scalar;
        size_t body;
};

/* clang-format off */
static const struct row rows[] = {
        { "varint",               TEXT_INIT("\x08\x96\x01"),             true, 1, WIRE_VARINT, 150, 0 },
        { "highest varint",       TEXT_INIT("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
                                                                         true, 1, WIRE_VARINT, UINT64_MAX, 0 },
        { "padded varint",        TEXT_INIT("\x08\x81\x80\x00"),         true, 1, WIRE_VARINT, 1, 0 },
        { "fixed64",              TEXT_INIT("\x11\x01\x02\0\0\0\0\0\x80"), true, 2, WIRE_FIXED64, 0x8000000000000201, 0 },
        { "fixed32",              TEXT_INIT("\x1d\x01\0\0\x80"),         true, 3, WIRE_FIXED32, 0x80000001, 0 },
        { "bytes",                TEXT_INIT("\x22\x03" "abc"),           true, 4, WIRE_BYTES, 0, 3 },
        { "no bytes",             TEXT_INIT("\x22\x00"),                 true, 4, WIRE_BYTES, 0, 0 },
        { "highest number",       TEXT_INIT("\xf8\xff\xff\xff\x0f\x00"), true, 536870911, WIRE_VARINT, 0, 0 },
        { "the end",              TEXT_INIT(""),                         false, 0, 0, 0, 0 },
        { "tag alone",            TEXT_INIT("\x08"),                     false, 0, 0, 0, 0 },
        { "cut tag",              TEXT_INIT("\x88"),                     false, 0, 0, 0, 0 },
        { "tag of six bytes",     TEXT_INIT("\x88\x80\x80\x80\x80\x00\x01"), false, 0, 0, 0, 0 },
        { "tag above 32 bits",    TEXT_INIT("\xf8\xff\xff\xff\x1f\x00"), false, 0, 0, 0, 0 },
        { "number 0",             TEXT_INIT("\x00\x01"),                 false, 0, 0, 0, 0 },
        { "varint above 64 bits", TEXT_INIT("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), false, 0, 0, 0, 0 },
        { "varint of 11 bytes",   TEXT_INIT("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"), false, 0, 0, 0, 0 },
        { "cut fixed64",          TEXT_INIT("\x11\0\0\0\0\0\0\0"),       false, 0, 0, 0, 0 },
        { "cut fixed32",          TEXT_INIT("\x1d\0\0\0"),               false, 0, 0, 0, 0 },
        { "cut bytes",            TEXT_INIT("\x22\x03" "ab"),            false, 0, 0, 0, 0 },
        { "length 2^32-1",        TEXT_INIT("\x22\xff\xff\xff\xff\x0f"), false, 0, 0, 0, 0 },
        { "length 2^64-1",        TEXT_INIT("\x22\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), false, 0, 0, 0, 0 },
        { "length of six bytes",  TEXT_INIT("\x22\x81\x80\x80\x80\x80\x00" "a"), false, 0, 0, 0, 0 },
        { "group begins",         TEXT_INIT("\x0b\x0c"),                 false, 0, 0, 0, 0 },
        { "group ends",           TEXT_INIT("\x0c"),                     false, 0, 0, 0, 0 },
        { "wire type 6",          TEXT_INIT("\x0e\x00"),                 false, 0, 0, 0, 0 },
        { "wire type 7",          TEXT_INIT("\x0f\x00"),                 false, 0, 0, 0, 0 },
};
/* clang-format on */

static void test_rows(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
                const struct row *row = &rows[i];
                char *exact = malloc(row->bytes.len + 1); /* a sanitizer sees a byte too many */
                struct text rest = { .data = exact, .len = row->bytes.len };
                struct field field = { 0 };

                memcpy(exact, row->bytes.data, row->bytes.len);
                exact = realloc(exact, row->bytes.len > 0 ? row->bytes.len : 1);
                rest.data = exact;
                print_message("%s\n", row->name);
                assert_int_equal(field_next(&rest, &field), row->is_field);
                if (row->is_field) {
                        assert_int_equal(field.number, row->number);
                        assert_int_equal(field.type, row->type);
                        assert_true(field.scalar == row->scalar);
                        assert_int_equal(field.bytes.len, row->body);
                        assert_int_equal(field.record.len, row->bytes.len);
                        assert_int_equal(rest.len, 0);
                } else {
                        assert_int_equal(rest.len, row->bytes.len);
                }
                free(exact);
        }
}

static void test_last_and_count(void **state) {
        struct text message = TEXT("\x0a\x01"
                                   "a\x10\x05\x0a\x01"
                                   "b\x08\x07");
        struct text last = TEXT("untouched");

        (void)state;
        assert_true(field_last(message, 1, &last));
        assert_true(text_equal(last, TEXT("b")));
        assert_int_equal(field_count(message, 1), 2);
        assert_false(field_last(message, 2, &last));
        assert_true(text_equal(last, TEXT("b")));
}

static void test_varint_round_trip(void **state) {
        char buffer[10];

        (void)state;
        for (unsigned int bit = 0; bit < 64; bit++) {
                for (uint64_t around = 0; around < 3; around++) {
                        uint64_t number = (UINT64_C(1) << bit) - 1 + around, back;
                        char *end = encode_varint(buffer, number);
                        const char *p = buffer;

                        assert_int_equal(end - buffer, encode_varint_size(number));
                        assert_true(field_varint(&p, end, 10, &back));
                        assert_true(back == number);
                        assert_true(p == end);
                }
        }
}

struct entry_row {
        const char *name;
        struct text entry;
        const char *want;
};

/* clang-format off */
static const struct entry_row entry_rows[] = {
        { "key and value",       TEXT_INIT("\x0a\x01k\x12\x01v"),         "k" },
        { "value and key",       TEXT_INIT("\x12\x01v\x0a\x01k"),         "k" },
        { "a key alone",         TEXT_INIT("\x0a\x01k"),                  "k" },
        { "a value alone",       TEXT_INIT("\x12\x01v"),                  "" },
        { "nothing",             TEXT_INIT(""),                           "" },
        { "two keys: the last",  TEXT_INIT("\x0a\x01k\x12\x01v\x0a\x01l"), "l" },
        { "two keys first",      TEXT_INIT("\x0a\x01k\x0a\x01l\x12\x01v"), "l" },
        { "and something else",  TEXT_INIT("\x0a\x01k\x12\x01v\x78\x01"), "k" },
        { "a padded length",     TEXT_INIT("\x0a\x81\0k\x12\x01v"),      "k" },
};
/* clang-format on */

static void test_entry_key(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof(entry_rows) / sizeof(*entry_rows); i++) {
                const struct entry_row *row = &entry_rows[i];

                print_message("%s\n", row->name);
                assert_true(text_equal(field_entry_key(row->entry), text_from(row->want)));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_last_and_count),
                cmocka_unit_test(test_entry_key),
                cmocka_unit_test(test_varint_round_trip),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
