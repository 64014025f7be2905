/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/json.h"
#include "wire/encode.h"
#include "wire/guard.h"

struct text bytes_field(struct arena *arena, uint32_t number, struct text body) {
        struct parts parts;

        parts_init(&parts, arena);
        parts_bytes(&parts, number, body);
        return parts_joined(&parts);
}

struct text bytes_join(struct arena *arena, struct text a, struct text b) {
        return text_join(arena, (struct text[]) { a, b }, 2);
}

struct text bytes_entry(struct arena *arena, uint32_t number, struct text key, struct text value) {
        return bytes_field(
                arena, number,
                bytes_join(arena, bytes_field(arena, 1, key), bytes_field(arena, 2, value)));
}

struct text bytes_json(struct arena *arena, const char *json) {
        return value_bytes(json_value(arena, json));
}

struct text bytes_resource(struct arena *arena, const char *json) {
        return bytes_field(arena, 1, bytes_json(arena, json));
}

struct request bytes_request(struct arena *arena, struct text bytes) {
        struct request request;
        struct fault fault;

        assert_int_equal(guard_request(bytes, &fault), 0);
        assert_int_equal(request_read(bytes, arena, &request, &fault), 0);
        return request;
}
