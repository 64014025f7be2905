/* SPDX-License-Identifier: Apache-2.0 */
#include "server/services.h"

#include "server/descriptors.h"
#include "server/health.h"
#include "server/reflection.h"
#include "server/stream.h"

#include <grpc/support/alloc.h>

struct services {
        struct health *health;
        struct descriptors *descriptors;
        struct streams *reflection;
        struct unary_service list[N_GENERIC_SERVICES];
};

static const struct unary_method reflection_methods[] = {
        { "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", streams_take },
        { "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", streams_take },
};

static struct text reflect(void *context, struct text message, struct arena *arena) {
        return reflection_answer(context, message, arena);
}

struct services *services_new(void) {
        struct services *s = gpr_zalloc(sizeof(*s));

        s->health = health_new();
        s->descriptors = descriptors_new();
        s->reflection = streams_new(reflect, s->descriptors);
        s->list[0] = health_service(s->health);
        s->list[1] = (struct unary_service) {
                .methods = reflection_methods,
                .n_methods = sizeof(reflection_methods) / sizeof(reflection_methods[0]),
                .context = s->reflection,
        };
        return s;
}

const struct unary_service *services_list(const struct services *s) {
        return s->list;
}

void services_end(struct services *s) {
        health_end(s->health);
        streams_end(s->reflection);
}

bool services_idle(struct services *s) {
        return health_idle(s->health) && streams_idle(s->reflection);
}

void services_free(struct services *s) {
        streams_free(s->reflection);
        descriptors_free(s->descriptors);
        health_free(s->health);
        gpr_free(s);
}
