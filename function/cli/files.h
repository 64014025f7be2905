/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files - Kubernetes objects from the disk
 */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include "yaml/read.h"

/*
 * files_read() - all bytes of a file; "-" is the standard input
 * @ret: set on success; lives in the arena
 *
 * Errors: -ENOMEM  arena spent
 *         -EINVAL  it cannot be read, or is larger than YAML_FILE_MAX
 */
int files_read(const char *path, struct arena *arena, struct text *ret, struct fault *fault);

/*
 * files_objects() - the objects of a YAML or JSON file, or of all such files of a folder
 * @objects: grows by what is read, files of a folder in the order of their names
 *
 * Of a folder its own files are read whose names end in .yaml, .yml or .json.
 *
 * Errors: as files_read() and yaml_read(); *objects is unchanged
 */
int files_objects(const char *path, struct arena *arena, struct objects *objects,
                  struct fault *fault);

/*
 * files_objects_without() - files_objects() that passes over members, as yaml_read_without()
 */
int files_objects_without(const char *path, const struct text *names, size_t n_names,
                          struct arena *arena, struct objects *objects, struct fault *fault);

/*
 * files_names() - the files that files_objects() would read of a path
 * @ret: set on success: the path itself, or those of the folder, in order
 *
 * Errors: -EINVAL  the folder cannot be read
 *         -ENOMEM
 */
int files_names(const char *path, struct arena *arena, const char ***ret, size_t *ret_n,
                struct fault *fault);

/* files_is_folder() - false also for what does not exist */
bool files_is_folder(const char *path);

/* files_object() - the one object of a file. Errors: -EINVAL also when there is none, or another.
 */
int files_object(const char *path, struct arena *arena, struct value *ret, struct fault *fault);

#endif
