/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a mig-parted file, and every configuration applied to every product. */
#include <errno.h>

#include "fuzz.h"
#include "gpu/migparted.h"
#include "wire/utf8.h"

/* What one entry takes of memory, against the bytes that are needed to write one. */
enum { BYTES_PER_BYTE = 64, BYTES_AT_LEAST = 64 * 1024, GPUS = 16 };

static bool is_of(const struct migparted_entry *entry, const struct migparted_config *config) {
        return !entry || (entry >= config->entries && entry < config->entries + config->n_entries);
}

static void check_entry(const struct migparted_entry *entry) {
        MUST(entry->n_filters <= MIGPARTED_FILTERS_MAX);
        MUST(entry->n_slices <= MIGPARTED_SLICES_MAX);
        MUST(entry->line >= 1);
        for (size_t i = 0; i < entry->n_slices; i++)
                MUST(entry->slices[i].count >= 0);
}

static void apply(const struct migparted_config *config) {
        const struct migparted_entry *entries[GPUS];
        const struct gpu_product *product;

        for (size_t i = 0; (product = catalog_product(i)); i++) {
                const struct gpu_board board = board_named(product, product->name);

                migparted_apply(config, &board, GPUS, entries);
                for (size_t k = 0; k < GPUS; k++)
                        MUST(is_of(entries[k], config));
        }
}

static void check(const struct migparted *file) {
        if (!text_is_empty(file->invalid))
                MUST(file->n_configs == 0);
        for (size_t i = 0; i < file->n_configs; i++) {
                const struct migparted_config *config = &file->configs[i];

                MUST(i == 0 || text_compare(file->configs[i - 1].name, config->name) <= 0);
                MUST(text_equal(migparted_find(file, config->name)->name, config->name));
                MUST(config->n_entries <= MIGPARTED_ENTRIES_MAX);
                MUST(utf8_check(config->name) != UTF8_BROKEN);
                MUST(utf8_check(config->invalid) != UTF8_BROKEN);
                if (!text_is_empty(config->invalid))
                        continue;
                for (size_t k = 0; k < config->n_entries; k++)
                        check_entry(&config->entries[k]);
                apply(config);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct migparted file;
        struct arena arena;

        arena_init(&arena, BYTES_AT_LEAST + BYTES_PER_BYTE * size);
        MUST(migparted_read(fuzz_text(data, size), &arena, &file) == 0);
        check(&file);
        arena_release(&arena);
        return 0;
}
