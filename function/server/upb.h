/* SPDX-License-Identifier: Apache-2.0 */
/*
 * upb - what we call of the protobuf library that gRPC brings along
 *
 * Debian 12 ships libupb (1.51.1, soname 29) without its headers. Stated here is the
 * part of its binary interface that we use, as upb/def.h of that version has it; the
 * soname changes with it.
 *
 * It is given our own descriptors and names, never a message from the network: this
 * build of it aborts on some valid ones.
 */
#ifndef SERVER_UPB_H
#define SERVER_UPB_H

#include <stdbool.h>
#include <stddef.h>

struct upb_DefPool;
struct upb_FileDef;
struct upb_ServiceDef;
struct upb_MethodDef;
struct upb_MessageDef;

/* A file to be loaded; upb calls it _upb_DefPool_Init. */
struct upb_file {
        struct upb_file **deps; /* to be loaded before; NULL ends the list */
        const void *layout;     /* NULL: worked out from the descriptor */
        const char *filename;
        const char *descriptor; /* a FileDescriptorProto; must outlive the pool */
        size_t descriptor_len;
};

struct upb_DefPool *upb_DefPool_New(void);
void upb_DefPool_Free(struct upb_DefPool *pool);

/* Returns false, and says why on stderr, when the descriptor is none. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier): upb's own name */
bool _upb_DefPool_LoadDefInitEx(struct upb_DefPool *pool, const struct upb_file *file,
                                bool rebuild_layout);

/* NULL: there is none. */
const struct upb_FileDef *upb_DefPool_FindFileByName(const struct upb_DefPool *pool,
                                                     const char *name);
const struct upb_FileDef *upb_DefPool_FindFileContainingSymbol(const struct upb_DefPool *pool,
                                                               const char *symbol);
const struct upb_MessageDef *upb_DefPool_FindMessageByName(const struct upb_DefPool *pool,
                                                           const char *name);
const struct upb_ServiceDef *upb_DefPool_FindServiceByName(const struct upb_DefPool *pool,
                                                           const char *name);
const struct upb_MethodDef *upb_ServiceDef_FindMethodByName(const struct upb_ServiceDef *service,
                                                            const char *name);

const char *upb_FileDef_Name(const struct upb_FileDef *file);
int upb_FileDef_DependencyCount(const struct upb_FileDef *file);
const struct upb_FileDef *upb_FileDef_Dependency(const struct upb_FileDef *file, int i);
int upb_FileDef_ServiceCount(const struct upb_FileDef *file);
const struct upb_ServiceDef *upb_FileDef_Service(const struct upb_FileDef *file, int i);
const struct upb_FileDef *upb_ServiceDef_File(const struct upb_ServiceDef *service);
const char *upb_ServiceDef_FullName(const struct upb_ServiceDef *service);

#endif
