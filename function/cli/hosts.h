/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hosts - real Nodes, as kubectl prints them
 */
#ifndef CLI_HOSTS_H
#define CLI_HOSTS_H

#include "fleet/host.h"
#include "yaml/read.h"

/* hosts_read_file() - the objects of files of Nodes, without what is never looked at. Errors: as
 * files_objects() */
int hosts_read_file(const char *path, struct arena *arena, struct objects *objects,
                    struct fault *fault);

/*
 * hosts_read() - the Nodes among objects, with the devices of NVIDIA's DRA driver
 * @ret: set on success; borrows from objects
 *
 * What a device plugin offers counts; ResourceSlices count for nodes without one.
 *
 * Errors: -ENOMEM
 */
int hosts_read(const struct objects *objects, struct arena *arena, struct hosts *ret);

/* hosts_read_nodes() - those of the file of --nodes. Errors: as both above; -EINVAL: it has none */
int hosts_read_nodes(const char *path, struct arena *arena, struct hosts *ret, struct fault *fault);

#endif
