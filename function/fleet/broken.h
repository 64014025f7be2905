/* SPDX-License-Identifier: Apache-2.0 */
/*
 * broken - strings of an object that no reader can take for text
 *
 * A NUL byte, or bytes that are not UTF-8, in what is read of an object make that
 * object unreadable, and nothing else: a call goes on without it. Where it is only
 * passed through, or not read, such a string stays as it is.
 */
#ifndef FLEET_BROKEN_H
#define FLEET_BROKEN_H

#include "fleet/reader.h"

/*
 * broken_refuse() - a mistake where the first such string stands
 * @object: as it was opened; one that the guard found whole costs nothing
 * @path:   of what is read, in dots: "metadata.name"
 *
 * Returns whether there is one.
 */
bool broken_refuse(struct reader *rd, struct value object, const char *path);

/* broken_refuse_whole() - the same for all of an object that is written at path. */
bool broken_refuse_whole(struct reader *rd, struct value object, const char *path);

#endif
