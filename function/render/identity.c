/* SPDX-License-Identifier: Apache-2.0 */
#include "render/identity.h"

#include <openssl/evp.h>

#include "base/arena.h"
#include "render/object.h"

enum { UUID_BYTES = 16 };

/* A UUID of version 5 in the nil namespace. */
static struct text uuid_of(struct text name, struct arena *arena) {
        static const unsigned char nil[UUID_BYTES];
        struct text parts[] = { { (const char *)nil, sizeof(nil) }, name };
        struct text hashed = text_join(arena, parts, 2);
        unsigned char digest[EVP_MAX_MD_SIZE];
        struct builder b;

        if (hashed.len == 0 || !EVP_Digest(hashed.data, hashed.len, digest, NULL, EVP_sha1(), NULL))
                return (struct text) { 0 };
        digest[6] = (unsigned char)((digest[6] & 0x0f) | 0x50);
        digest[8] = (unsigned char)((digest[8] & 0x3f) | 0x80);
        builder_init(&b, arena);
        for (size_t i = 0; i < UUID_BYTES; i++) {
                if (i == 4 || i == 6 || i == 8 || i == 10)
                        builder_char(&b, '-');
                builder_hex(&b, digest[i], 2);
        }
        return builder_done(&b);
}

struct text identity_uid(struct value composite, struct arena *arena) {
        struct text uid = text_at(composite, "metadata.uid");
        struct builder b;

        if (uid.len)
                return uid;
        builder_init(&b, arena);
        builder_text(&b, text_at(composite, "apiVersion"));
        builder_string(&b, ", Kind=");
        builder_text(&b, text_at(composite, "kind"));
        builder_char(&b, '\0');
        builder_text(&b, text_at(composite, "metadata.namespace"));
        builder_char(&b, '\0');
        builder_text(&b, text_at(composite, "metadata.name"));
        return uuid_of(builder_done(&b), arena);
}

struct node *identity_members(struct value v, struct arena *arena) {
        struct node *map = node_map(arena);
        struct value_iter it = value_iterate(v);
        struct value member;
        struct text key;

        if (v.kind != VALUE_MAP)
                return map;
        while (value_next(&it, &key, &member))
                node_set(map, key, node_value(arena, member));
        return map;
}

static struct node *labels_with(struct value object, struct text composite, struct arena *arena) {
        struct node *labels = identity_members(value_at(object, "metadata.labels"), arena);

        node_set_string(labels, IDENTITY_COMPOSITE, composite);
        return labels;
}

/* Composites of composites are labelled with the outermost. */
static struct text outermost(struct value composite) {
        struct text label =
                value_get_text(value_at(composite, "metadata.labels"), IDENTITY_COMPOSITE);

        return label.len ? label : text_at(composite, "metadata.name");
}

struct node *identity_composite(struct value composite, struct arena *arena) {
        struct node *object = identity_members(composite, arena);
        struct node *metadata = identity_members(value_get(composite, TEXT("metadata")), arena);

        node_set_string(metadata, "uid", identity_uid(composite, arena));
        node_set(metadata, TEXT("labels"), labels_with(composite, outermost(composite), arena));
        node_set(object, TEXT("metadata"), metadata);
        return object;
}

static struct node *owner(struct value composite, struct arena *arena) {
        struct node *owner = node_map(arena);

        node_set_value(owner, "apiVersion", value_get(composite, TEXT("apiVersion")));
        node_set_value(owner, "kind", value_get(composite, TEXT("kind")));
        node_set_string(owner, "name", text_at(composite, "metadata.name"));
        node_set_string(owner, "uid", identity_uid(composite, arena));
        node_set_bool(owner, "controller", true);
        node_set_bool(owner, "blockOwnerDeletion", true);
        return owner;
}

struct node *identity_composed(struct value composite, struct text name, struct value object,
                               struct value observed, struct arena *arena) {
        struct node *composed = identity_members(object, arena);
        struct node *metadata = identity_members(value_get(object, TEXT("metadata")), arena);
        struct node *annotations =
                identity_members(value_at(object, "metadata.annotations"), arena);
        struct text namespace_ = text_at(composite, "metadata.namespace");
        struct text observed_name = text_at(observed, "metadata.name");

        if (observed_name.len) {
                node_set_string(metadata, "name", observed_name);
        } else if (text_at(object, "metadata.name").len == 0) {
                struct text parts[] = { text_at(composite, "metadata.name"), TEXT("-") };

                node_set_string(metadata, "generateName", text_join(arena, parts, 2));
        }
        if (namespace_.len)
                node_set_string(metadata, "namespace", namespace_);
        node_set_string(annotations, IDENTITY_RESOURCE_NAME, name);
        node_set(metadata, TEXT("annotations"), annotations);
        node_set(metadata, TEXT("labels"), labels_with(object, outermost(composite), arena));
        node_append(node_add_list(metadata, "ownerReferences"), owner(composite, arena));
        node_set(composed, TEXT("metadata"), metadata);
        return composed;
}
