/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema - the schemas that the package installs, held against manifests
 *
 * The XRDs of package/configuration and the CRD of package/input are built into
 * the program as they are: what a cluster refuses is read from the same file.
 * Their CEL rules are not run here; the readers of fleet/ know what those say, and
 * test/unit/cli/schema.c has a manifest for each rule.
 */
#ifndef CLI_SCHEMA_H
#define CLI_SCHEMA_H

#include "fleet/reader.h"

struct schema {
        struct text kind;
        struct text api_version; /* "modelplane.ai/v1alpha1" */
        bool is_namespaced;
        struct value root; /* openAPIV3Schema */
};

enum { N_SCHEMAS = 5 };

struct schemas {
        struct schema items[N_SCHEMAS]; /* InferenceEnvironment first, Input last */
};

/* schema_load() - read them. Errors: -ENOMEM; a schema that cannot be read is a bug. */
int schema_load(struct arena *arena, struct schemas *ret);

/* schema_find() - of that kind, or NULL. */
const struct schema *schema_find(const struct schemas *schemas, struct text kind);

/* schema_nearest() - the kind that was probably meant; empty: none. */
struct text schema_nearest(const struct schemas *schemas, struct text kind);

/*
 * schema_check() - every member that the schema refuses is a mistake of rd
 * @object: at the root of paths; of an input in a Composition the name is its path there
 *
 * Unknown members too, which kubectl refuses. status, which Crossplane writes,
 * and what Crossplane adds to spec are passed over.
 */
void schema_check(const struct schema *schema, const struct member *object, struct reader *rd);

/*
 * schema_check_names() - only its unknown members, and where each may belong: in all schemas
 *
 * What is below a member of which the function itself says that is passed over.
 */
void schema_check_names(const struct schemas *all, const struct schema *schema,
                        const struct member *object, struct reader *rd);

/* schema_matches() - does the text match a pattern as schemas write them? */
bool schema_matches(struct text pattern, struct text t, struct arena *arena);

#endif
