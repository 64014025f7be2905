/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/precision.h"

#include "wire/value.h"
#include "wire/value_print.h"

/* Written, it wins; also an empty list, which offers none. */
static bool is_declared(const struct pool *pool) {
        return pool->precisions.kind == VALUE_LIST;
}

bool precision_is_known(const struct pool *pool) {
        return is_declared(pool) || pool->product;
}

bool precision_offered(const struct pool *pool, struct text precision) {
        struct value_iter it = value_iterate(pool->precisions);
        const struct gpu_generation *generation;
        struct value item;

        while (value_next(&it, NULL, &item)) {
                if (text_equal_fold(value_text(item), precision))
                        return true;
        }
        if (is_declared(pool) || !pool->product)
                return false;
        generation = pool->product->generation;
        for (size_t i = 0; i < generation->n_precisions; i++) {
                if (text_equal_fold(generation->precisions[i], precision))
                        return true;
        }
        return false;
}

struct text precision_list(const struct pool *pool, struct arena *arena) {
        const struct gpu_generation *generation = pool->product ? pool->product->generation : NULL;
        struct builder b;

        if (!precision_is_known(pool))
                return TEXT("none that is known: declare capabilities.precisionSupport");
        builder_init(&b, arena);
        if (is_declared(pool)) {
                value_print(pool->precisions, &b);
                return builder_done(&b);
        }
        for (size_t i = 0; i < generation->n_precisions; i++) {
                builder_string(&b, i > 0 ? ",\"" : "[\"");
                builder_text(&b, generation->precisions[i]);
                builder_char(&b, '"');
        }
        builder_char(&b, ']');
        return builder_done(&b);
}
