/* SPDX-License-Identifier: Apache-2.0 */
#include "histories/fleet.h"

#include <string.h>

static void relink(struct site *site) {
        site->environment.pools = site->pools;
        for (size_t p = 0; p < site->environment.n_pools; p++) {
                site->pools[p].environment = &site->environment;
                site->pools[p].sub_pools = site->sub_pools[p];
                for (size_t s = 0; s < site->pools[p].n_sub_pools; s++) {
                        site->sub_pools[p][s].environment = &site->environment;
                        site->sub_pools[p][s].pool = &site->pools[p];
                }
        }
}

void fleet_copy_sites(const struct fleet *from, struct fleet *to) {
        memcpy(to->sites, from->sites, sizeof(to->sites));
        to->n_sites = from->n_sites;
        for (size_t i = 0; i < to->n_sites; i++)
                relink(&to->sites[i]);
}

void fleet_copy_models(const struct fleet *from, struct fleet *to) {
        memcpy(to->models, from->models, sizeof(to->models));
        memcpy(to->profiles, from->profiles, sizeof(to->profiles));
        memcpy(to->model_version, from->model_version, sizeof(to->model_version));
        memcpy(to->images, from->images, sizeof(to->images));
        for (size_t i = 0; i < FLEET_MODELS; i++)
                to->models[i].profiles = to->profiles[i];
}

struct site *fleet_site(struct fleet *fleet, struct text name) {
        for (size_t i = 0; i < fleet->n_sites; i++) {
                if (text_equal(fleet->sites[i].environment.name, name))
                        return &fleet->sites[i];
        }
        return NULL;
}

const struct sub_pool *fleet_sub_pool(struct fleet *fleet, const struct reservation *r) {
        struct site *site = fleet_site(fleet, r->environment);

        for (size_t p = 0; site && !site->gone && p < site->environment.n_pools; p++) {
                for (size_t s = 0; s < site->pools[p].n_sub_pools; s++) {
                        const struct sub_pool *sub_pool = &site->sub_pools[p][s];

                        if (text_equal(sub_pool->pool->name, r->pool) &&
                            text_equal(sub_pool->mig_profile, r->mig_profile))
                                return sub_pool;
                }
        }
        return NULL;
}

size_t fleet_model(const struct fleet *fleet, const struct deployment *deployment) {
        size_t i = 0;

        while (i + 1 < FLEET_MODELS &&
               !text_equal(fleet->models[i].model_name, deployment->model_name))
                i++;
        return i;
}
