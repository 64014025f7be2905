/* SPDX-License-Identifier: Apache-2.0 */
#include "function.h"

#include <errno.h>

int function_run(struct text request, struct arena *arena, struct payload *ret,
                 struct call_summary *ret_summary, struct fault *fault) {
        (void)request;
        (void)arena;
        (void)ret;
        *ret_summary = (struct call_summary){ 0 };
        fault_set(fault, "not yet");
        return -EBADMSG;
}
