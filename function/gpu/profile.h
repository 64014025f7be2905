/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile - what the name of a MIG profile says
 *
 *      [<c>c.]<g>g.<n>gb[+attr[,attr]][-attr]
 *
 * "1c.3g.40gb" is one compute slice of an instance with three; "+me" has the
 * media engines, "-me" has none of them: opposites, one character apart.
 */
#ifndef GPU_PROFILE_H
#define GPU_PROFILE_H

#include "base/text.h"

/* The decoders, encoders and the rest are split, but a GPU has one JPEG decoder and one OFA. */
enum profile_media {
        MEDIA_SHARED, /* no attribute: engines in proportion, not the single ones */
        MEDIA_NONE,   /* -me: no engine at all */
        MEDIA_OWNER,  /* +me: the single ones too, so once on a GPU */
        MEDIA_ALL,    /* +me.all: every engine, so that all others are -me */
};

struct profile_name {
        int32_t compute_slices; /* of the compute instance: gpu_slices without "<c>c." */
        int32_t gpu_slices;     /* of the GPU instance */
        int32_t memory_gib;     /* 0 where memory is the CPU's too */
        enum profile_media media;
        struct text attributes; /* "+me.all", with the sign; may be empty; borrowed */
};

/*
 * profile_parse() - read a name
 * @ret: set on success; borrows from text
 *
 * Letters count without case. Returns false for anything that is no such name,
 * and for a compute instance of no slices or of more than its GPU instance has.
 */
bool profile_parse(struct text text, struct profile_name *ret);

#endif
