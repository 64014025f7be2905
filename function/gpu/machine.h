/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine - the machine types of clouds, and the GPUs that each has
 */
#ifndef GPU_MACHINE_H
#define GPU_MACHINE_H

#include "base/text.h"

struct gpu_machine {
        struct text gpu; /* a name of the catalogue */
        int32_t count;   /* GPUs of one machine; 0: by its size, which is not known */
};

/*
 * machine_find() - what a machine of that type has, or one of that family
 * @type: "p5.48xlarge", "a3-highgpu-8g", "Standard_ND96asr_v4", "BM.GPU.H100.8", or the
 *        family "p5"; without case
 * @ret:  set when it is known
 *
 * Machines with a part of a GPU are not known.
 */
bool machine_find(struct text type, struct gpu_machine *ret);

#endif
