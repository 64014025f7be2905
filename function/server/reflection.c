/* SPDX-License-Identifier: Apache-2.0 */
#include "server/reflection.h"

#include "server/descriptors.h"
#include "wire/encode.h"
#include "wire/field.h"
#include "wire/utf8.h"

#include <string.h>

/* Field numbers of ServerReflectionRequest; all but HOST belong to its oneof. */
enum question {
        HOST = 1,
        FILE_BY_FILENAME = 3,
        FILE_CONTAINING_SYMBOL = 4,
        FILE_CONTAINING_EXTENSION = 5,
        ALL_EXTENSION_NUMBERS_OF_TYPE = 6,
        LIST_SERVICES = 7,
};

enum { EXTENSION_TYPE = 1 }; /* ExtensionRequest.containing_type */

/* Field numbers of ServerReflectionResponse. */
enum answer {
        VALID_HOST = 1,
        ORIGINAL_REQUEST = 2,
        FILE_DESCRIPTORS = 4,
        EXTENSION_NUMBERS = 5,
        SERVICES = 6,
        ERROR = 7,
};

enum { INVALID_ARGUMENT = 3, NOT_FOUND = 5 }; /* gRPC's codes */

/* An answer repeats its request; the longest name that there is has 60 bytes. */
enum { REQUEST_MAX_BYTES = 64 * 1024 };

struct request {
        uint32_t question; /* 0: none */
        struct text name;  /* what is asked for */
        struct text host;
};

/* ---- the request ----------------------------------------------------------------------------- */

static bool is_string(struct text t) {
        return utf8_check(t) != UTF8_BROKEN;
}

/* ExtensionRequest */
static bool read_extension(struct text message, struct text *ret_type) {
        struct field field;

        *ret_type = TEXT("");
        while (field_next(&message, &field)) {
                if (!field_is(&field, EXTENSION_TYPE))
                        continue;
                if (!is_string(field.bytes))
                        return false;
                *ret_type = field.bytes;
        }
        return message.len == 0;
}

static bool read_field(const struct field *field, struct request *ret) {
        if (field->type != WIRE_BYTES)
                return true; /* unknown, whatever its number */
        switch (field->number) {
        case HOST:
                ret->host = field->bytes;
                return is_string(field->bytes);
        case FILE_CONTAINING_EXTENSION:
                ret->question = field->number;
                return read_extension(field->bytes, &ret->name);
        case FILE_BY_FILENAME:
        case FILE_CONTAINING_SYMBOL:
        case ALL_EXTENSION_NUMBERS_OF_TYPE:
        case LIST_SERVICES:
                ret->question = field->number;
                ret->name = field->bytes;
                return is_string(field->bytes);
        default:
                return true;
        }
}

/* Of a oneof the last one counts. */
static bool read_request(struct text message, struct request *ret) {
        struct field field;

        *ret = (struct request) { 0 };
        while (field_next(&message, &field)) {
                if (!read_field(&field, ret))
                        return false;
        }
        return message.len == 0;
}

/* ---- answers --------------------------------------------------------------------------------- */

static void add_error(struct parts *out, uint64_t code, const char *sentence) {
        struct parts error;

        parts_init(&error, out->arena);
        parts_varint(&error, 1, code);
        parts_bytes(&error, 2, text_from(sentence));
        parts_message(out, ERROR, &error);
}

static void add_files(struct parts *out, const struct descriptor **files, size_t n) {
        struct parts response;

        if (n == 0) {
                add_error(out, NOT_FOUND, "nothing here has that name");
                return;
        }
        parts_init(&response, out->arena);
        for (size_t i = n; i-- > 0;) /* what was asked for first, then what it imports */
                parts_bytes(&response, 1, files[i]->bytes);
        parts_message(out, FILE_DESCRIPTORS, &response);
}

static void add_services(struct parts *out, const struct descriptors *d) {
        struct parts list;
        const char *name;

        parts_init(&list, out->arena);
        for (size_t i = 0; (name = descriptors_service(d, i)) != NULL; i++) {
                struct parts service;

                parts_init(&service, out->arena);
                parts_bytes(&service, 1, text_from(name));
                parts_message(&list, 1, &service);
        }
        parts_message(out, SERVICES, &list);
}

/* proto3 has no extensions, so there are none of any message. */
static void add_no_extensions(struct parts *out, const struct descriptors *d, const char *type) {
        struct parts response;

        if (!descriptors_has_message(d, type)) {
                add_error(out, NOT_FOUND, "no message here has that name");
                return;
        }
        parts_init(&response, out->arena);
        parts_bytes(&response, 1, text_from(type));
        parts_message(out, EXTENSION_NUMBERS, &response);
}

static void answer(const struct descriptors *d, const struct request *request, const char *name,
                   struct parts *out) {
        const struct descriptor **files =
                ARENA_ARRAY(out->arena, descriptors_count(d), const struct descriptor *);

        if (!files)
                return;
        switch (request->question) {
        case FILE_BY_FILENAME:
                add_files(out, files, descriptors_of_file(d, name, files));
                break;
        case FILE_CONTAINING_SYMBOL:
                add_files(out, files, descriptors_of_symbol(d, name, files));
                break;
        case FILE_CONTAINING_EXTENSION:
                add_error(out, NOT_FOUND, "there are no extensions");
                break;
        case ALL_EXTENSION_NUMBERS_OF_TYPE:
                add_no_extensions(out, d, name);
                break;
        case LIST_SERVICES:
                add_services(out, d);
                break;
        default:
                add_error(out, INVALID_ARGUMENT, "the request asks for nothing");
        }
}

/* What is looked up ends with its first NUL, so a name must not have one. */
static const char *c_string(struct text name, struct arena *arena) {
        char *copy = arena_alloc(arena, name.len + 1);

        if (!copy)
                return NULL;
        if (name.len > 0)
                memcpy(copy, name.data, name.len);
        copy[name.len] = '\0';
        return copy;
}

static void answer_request(const struct descriptors *d, struct text request, struct parts *out) {
        struct request read;
        const char *name;

        if (request.len > REQUEST_MAX_BYTES) {
                add_error(out, INVALID_ARGUMENT, "the request has more than 64 KiB");
                return;
        }
        if (!read_request(request, &read)) {
                /* Repeating it would make the answer as unreadable. */
                add_error(out, INVALID_ARGUMENT, "not a ServerReflectionRequest");
                return;
        }
        parts_text(out, VALID_HOST, read.host);
        parts_bytes(out, ORIGINAL_REQUEST, request);
        name = c_string(read.name, out->arena);
        if (!name)
                return;
        if (strlen(name) < read.name.len)
                add_error(out, NOT_FOUND, "no name holds a NUL");
        else
                answer(d, &read, name, out);
}

struct text reflection_answer(const struct descriptors *d, struct text request,
                              struct arena *arena) {
        struct text joined;
        struct parts out;

        parts_init(&out, arena);
        answer_request(d, request, &out);
        joined = parts_joined(&out);
        return arena_failed(arena) ? TEXT("") : joined;
}
