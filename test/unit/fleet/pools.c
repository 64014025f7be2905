/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/fleet/pools.h"

#include <stdio.h>

#include "fleet/reader.h"
#include "fleet/units.h"
#include "lib/json.h"
#include "lib/memory.h"

struct settings settings;

int pools_begin(void **state) {
        struct fault fault;

        (void)state;
        return settings_read((struct value) { 0 }, &input_arena, &settings, &fault);
}

void pools_count(const char *members, struct pool *ret) {
        char json[1024];
        struct member entry;

        snprintf(json, sizeof(json), "{'nodeSelector': {'a': 'b'}, %s, 'name': 'a'}", members);
        entry = member_root(json_value(&arena, json), TEXT("spec.nodePools[0]"));
        assert_int_equal(pool_read(&entry, (struct pool_owner) { 0 }, &settings, &arena, ret), 0);
        assert_int_equal(units_count(ret, &settings, &arena), 0);
        print_message("%s\n", members);
        for (size_t i = 0; i < ret->n_messages; i++)
                print_message("  told: %.*s\n", TEXT_ARG(ret->messages[i]));
        if (!text_is_empty(ret->invalid))
                print_message("  invalid: %.*s\n", TEXT_ARG(ret->invalid));
}
