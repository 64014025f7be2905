/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/engine.h"

#define FLAG(long_name, short_name, least)                                                         \
        { TEXT_INIT(long_name), TEXT_INIT(short_name), sizeof(least) - 1 }

/* What is left of a name may be written as long as no other flag begins so. */
const struct engine_flag engine_tensor = FLAG("--tensor-parallel-size", "-tp", "--tensor");
const struct engine_flag engine_pipeline = FLAG("--pipeline-parallel-size", "-pp", "--pipeline");
const struct engine_flag engine_data = FLAG("--data-parallel-size", "-dp", "--data-parallel-size");
const struct engine_flag engine_expert = FLAG("--enable-expert-parallel", "-ep", "--enable-ex");
const struct engine_flag engine_no_expert =
        FLAG("--no-enable-expert-parallel", "-no-ep", "--no-enable-ex");
const struct engine_flag engine_port = FLAG("--port", "", "--port");
const struct engine_flag engine_utilization = FLAG("--gpu-memory-utilization", "", "--gpu");

static bool is_flag(struct text name, const struct engine_flag *flag) {
        if (name.len > 0 && text_equal(name, flag->short_name))
                return true;
        if (name.len < flag->least || name.len > flag->name.len)
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
