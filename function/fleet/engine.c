/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/engine.h"

const struct engine_flag engine_tensor = { TEXT_INIT("--tensor-parallel-size"), TEXT_INIT("-tp") };
const struct engine_flag engine_pipeline = { TEXT_INIT("--pipeline-parallel-size"),
                                             TEXT_INIT("-pp") };
const struct engine_flag engine_utilization = { TEXT_INIT("--gpu-memory-utilization"),
                                                TEXT_INIT("") };

/* "--tensor" of "--tensor-parallel-size" */
static size_t first_word(struct text flag) {
        return 2 + text_index(text_slice(flag, 2, flag.len), '-');
}

static bool is_flag(struct text name, const struct engine_flag *flag) {
        if (name.len > 0 && text_equal(name, flag->short_name))
                return true;
        if (name.len < first_word(flag->name) || name.len > flag->name.len)
                return false;
        for (size_t i = 0; i < name.len; i++) {
                char c = name.data[i] == '_' ? '-' : name.data[i];

                if (c != flag->name.data[i])
                        return false;
        }
        return true;
}

bool engine_find(struct value args, const struct engine_flag *flag, struct engine_setting *ret) {
        struct value_iter it = value_iterate(args);
        struct engine_setting setting = { 0 };
        bool found = false, value_is_next = false;
        struct value item;

        for (size_t i = 0; value_next(&it, NULL, &item); i++) {
                struct text arg = value_text(item);
                size_t end = text_index(arg, '=');

                if (value_is_next) {
                        setting = (struct engine_setting) { i, item, arg };
                        value_is_next = false;
                } else if (is_flag(text_slice(arg, 0, end), flag)) {
                        setting = (struct engine_setting) { i, item,
                                                            text_slice(arg, end + 1, arg.len) };
                        value_is_next = end == arg.len;
                        found = true;
                }
        }
        if (found && ret)
                *ret = setting;
        return found;
}
