/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What serves stays, and a unit is given once: each way in which that was broken once
 */
#include <string.h>

#include "lib/assertions.h"
#include "lib/json.h"
#include "lib/memory.h"
#include "unit/deploy/world.h"

static struct world w;

/* Decides, and compares the whole decision. */
static struct decision decides(const char *want) {
        struct decision decision = world_decide(&w, &arena);

        assert_text(world_print(&decision, true, &arena), want);
        return decision;
}

static struct pool *pool_of(const struct sub_pool *sub_pool) {
        return &w.pools[sub_pool->environment - w.environments]
                       [sub_pool->pool - sub_pool->environment->pools];
}

static void drain(const struct sub_pool *sub_pool) {
        pool_of(sub_pool)->schedulable = SCHEDULABLE_DRAIN;
}

/* One environment of that name with one pool. */
static struct sub_pool *site(const char *name, int64_t units_per_node, int64_t nodes) {
        world_environment(&w, name);
        return world_pool(&w, "p", "", units_per_node, nodes, 80);
}

/* The list of reservations shows this one as it is observed. */
static struct reservation *list(const struct assignment *held) {
        struct reservation *r = &w.others[w.n_others++];

        assert_true(w.n_others <= WORLD_OTHERS);
        *r = held->observed;
        r->deployment = w.deployment.name;
        r->uid = w.deployment.uid;
        return r;
}

/* ---- leave ----------------------------------------------------------------------------------- */

/* Two are drained, c replaced one of them; whatever becomes of the other replacement. */
static void test_one_of_two_replacements(void **state) {
        struct sub_pool *a = site("a", 8, 1), *b = site("b", 8, 1), *c = site("c", 8, 1),
                        *d = site("d", 8, 1);

        (void)state;
        w.deployment.environments = 2;
        drain(a);
        drain(b);
        world_hold(&w, a, 1, 1);
        world_hold(&w, b, 1, 1);
        world_hold(&w, c, 1, 1);
        world_hold(&w, d, 1, 0);

        decides("drops a/p fp8 1x1x1 used 1: the pool is being drained; "
                "leaves b/p fp8 1x1x1 used 1: the pool is being drained; "
                "stays c/p fp8 1x1x1 used 1; stays d/p fp8 1x1x1 used 0");
        drain(d);
        decides("drops a/p fp8 1x1x1 used 1: the pool is being drained; "
                "leaves b/p fp8 1x1x1 used 1: the pool is being drained; "
                "stays c/p fp8 1x1x1 used 1; "
                "drops d/p fp8 1x1x0 used 0: the pool is being drained");
        w.n_environments = 3; /* deleted */
        decides("drops a/p fp8 1x1x1 used 1: the pool is being drained; "
                "leaves b/p fp8 1x1x1 used 1: the pool is being drained; "
                "stays c/p fp8 1x1x1 used 1; "
                "drops d/p fp8 1x1x0 used 0: the environment is gone");
}

/* o was never touched; a is drained, and so is b, which was to replace it. */
static void test_replacement_drained_before_it_was_ready(void **state) {
        struct sub_pool *a = site("a", 8, 1), *b = site("b", 8, 1), *o = site("o", 8, 1);

        (void)state;
        w.deployment.environments = 2;
        world_hold(&w, o, 1, 1);
        world_hold(&w, a, 1, 1);
        world_hold(&w, b, 1, 0);
        drain(a);
        decides("stays o/p fp8 1x1x1 used 1; leaves a/p fp8 1x1x1 used 1: the pool is being "
                "drained; stays b/p fp8 1x1x1 used 0");
        drain(b);
        site("z", 8, 1);
        decides("stays o/p fp8 1x1x1 used 1; leaves a/p fp8 1x1x1 used 1: the pool is being "
                "drained; drops b/p fp8 1x1x0 used 0: the pool is being drained; "
                "stays z/p fp8 1x1x1 used 0 fresh");
        /* The original crashes: a waits for it. */
        w.held[0].service.ready = false;
        w.n_environments = 3;
        pool_of(b)->schedulable = SCHEDULABLE_ALWAYS;
        world_serve(&w.held[2]);
        decides("stays o/p fp8 1x1x1 used 1; leaves a/p fp8 1x1x1 used 1: the pool is being "
                "drained; stays b/p fp8 1x1x1 used 1");
}

/* Of those that leave the Ready ones are kept first, then the last made. */
static void test_which_of_them_is_kept(void **state) {
        struct sub_pool *a = site("a", 8, 1), *b = site("b", 8, 1), *c = site("c", 8, 1);

        (void)state;
        drain(a);
        drain(b);
        drain(c);
        world_hold(&w, a, 1, 1);
        world_hold(&w, b, 1, 1);
        world_hold(&w, c, 1, 1)->service.ready = false;
        decides("drops a/p fp8 1x1x1 used 1: the pool is being drained; "
                "leaves b/p fp8 1x1x1 used 1: the pool is being drained; "
                "drops c/p fp8 1x1x1 used 1: the pool is being drained");
        w.held[1].service.ready = false;
        decides("leaves a/p fp8 1x1x1 used 1: the pool is being drained; "
                "drops b/p fp8 1x1x1 used 1: the pool is being drained; "
                "drops c/p fp8 1x1x1 used 1: the pool is being drained");
        w.held[0].service.ready = false;
        decides("drops a/p fp8 1x1x1 used 1: the pool is being drained; "
                "drops b/p fp8 1x1x1 used 1: the pool is being drained; "
                "leaves c/p fp8 1x1x1 used 1: the pool is being drained");
        /* Somebody deleted its service, which is not made again. */
        w.held[2].service = (struct service) { .ready_replicas = -1, .replicas = -1 };
        decides("drops a/p fp8 1x1x1 used 1: the pool is being drained; "
                "leaves b/p fp8 1x1x1 used 1: the pool is being drained; "
                "drops c/p fp8 1x1x1 used 1: the pool is being drained");
        /* Parked, nothing is wanted. */
        w.deployment.replicas = 0;
        decides("drops a/p fp8 1x1x1 used 1: the pool is being drained; "
                "drops b/p fp8 1x1x1 used 1: the pool is being drained; "
                "drops c/p fp8 1x1x1 used 1: the pool is being drained");
}

/* What was reserved and never used is given back; the rest is frozen as it is. */
static void test_leaving_gives_back(void **state) {
        struct sub_pool *a = site("a", 8, 1);

        (void)state;
        w.deployment.replicas = 4;
        drain(a);
        world_hold(&w, a, 3, 1)->service.ready_replicas = 1;
        w.held[0].service.replicas = 1;
        decides("leaves a/p fp8 1x1x1 used 1: the pool is being drained");
}

/* A drain is undone while its replacement loads: that one goes, never having served. */
static void test_drain_undone(void **state) {
        struct sub_pool *a = site("a", 8, 1), *b = site("b", 8, 1);

        (void)state;
        world_hold(&w, a, 1, 1)->observed.leaving = true;
        world_hold(&w, b, 1, 0);
        decides("stays a/p fp8 1x1x1 used 1; drops b/p fp8 1x1x1 used 0: fewer environments are "
                "wanted");
        /* Both served and are Ready: the last made goes. */
        world_serve(&w.held[1]);
        decides("stays a/p fp8 1x1x1 used 1; drops b/p fp8 1x1x1 used 1: fewer environments are "
                "wanted");
        w.held[0].service.ready = false;
        decides("drops a/p fp8 1x1x1 used 1: fewer environments are wanted; "
                "stays b/p fp8 1x1x1 used 1");
}

/* ---- mistakes -------------------------------------------------------------------------------- */

/* A mistake moves nothing that runs, and offers nothing new. */
static void test_mistakes(void **state) {
        struct sub_pool *a = site("a", 8, 1);

        (void)state;
        world_hold(&w, a, 1, 1);
        w.deployment.replicas = 2;
        a->invalid = TEXT("unknown accelerator");
        decides("stays a/p fp8 1x1x1 used 1: unknown accelerator");
        assert_true(world_decide(&w, &arena).plan.assignments[0].frozen);
        a->invalid = (struct text) { 0 };
        a->ambiguous = TEXT("q");
        decides("stays a/p fp8 1x1x1 used 1: pool q has the same resource name and the same "
                "selector: give each a selector of its own");
        a->ambiguous = (struct text) { 0 };
        w.environments[0].invalid = TEXT("spec.nodePools is no list");
        decides("stays a/p fp8 1x1x1 used 1: the environment cannot be read: spec.nodePools is "
                "no list");
        /* Drain is no mistake. */
        w.environments[0].invalid = (struct text) { 0 };
        a->invalid = TEXT("unknown accelerator");
        drain(a);
        decides("leaves a/p fp8 1x1x1 used 1: the pool is being drained");
}

/* A pool without nodes has no room; what is there stays. */
static void test_no_nodes(void **state) {
        struct sub_pool *a = site("a", 8, 0);

        (void)state;
        w.profiles[0].nodes = 1;
        world_hold(&w, a, 1, 1);
        decides("stays a/p fp8 1x1x1 used 1");
        w.n_held = 0;
        assert_int_equal(world_decide(&w, &arena).rejections.items[0].verdict.reason,
                         REASON_NO_CAPACITY);
}

/* ---- replacements in one environment --------------------------------------------------------- */

/* Nothing moves or changes its size in place: another key takes over, room or not. */
static void test_size_of_a_replica(void **state) {
        struct sub_pool *a = site("a", 4, 1);
        struct decision decision;

        (void)state;
        world_hold(&w, a, 1, 1);
        w.profiles[0].gpus_per_node = 2;
        decision = decides("leaves a/p fp8 1x1x1 used 1: a replica wants more units now; "
                           "stays a/p fp8 1x2x1 used 0 fresh");
        assert_text(decision.plan.assignments[0].suffix, "a");
        assert_text(decision.plan.assignments[1].suffix, "a-m2");
        world_observe(&w, &decision);
        world_serve(&w.held[1]);
        decision = decides("drops a/p fp8 1x1x1 used 1: a replica wants more units now; "
                           "stays a/p fp8 1x2x1 used 1");
        world_observe(&w, &decision);
        /* The lowest that is not in use. */
        w.profiles[0].gpus_per_node = 1;
        decision = decides("leaves a/p fp8 1x2x1 used 1: a replica wants fewer units now; "
                           "stays a/p fp8 1x1x1 used 0 fresh");
        assert_text(decision.plan.assignments[1].suffix, "a");
        /* What never served goes, and nothing takes its keys in the same answer. */
        w.held[0].observed.served = w.held[0].service.ready = false;
        decision = decides("drops a/p fp8 1x2x1 used 1: a replica wants fewer units now; "
                           "stays a/p fp8 1x1x1 used 0 fresh");
        assert_text(decision.plan.assignments[1].suffix, "a");
        w.held[0].suffix = TEXT("a");
        decision = world_decide(&w, &arena);
        assert_text(decision.plan.assignments[1].suffix, "a-m2");
}

static void test_suffixes(void **state) {
        (void)state;
        assert_text(plan_suffix(TEXT("eu-1"), 1, &arena), "eu-1");
        assert_text(plan_suffix(TEXT("eu-1"), 2, &arena), "eu-1-m2");
        assert_text(plan_suffix(TEXT("eu-m2"), 1, &arena), "eu-m2-m1");
        assert_text(plan_suffix(TEXT("eu-m2"), 2, &arena), "eu-m2-m2");
        assert_text(plan_suffix(TEXT("eu-m"), 1, &arena), "eu-m");
}

/* ---- reserve, then use ----------------------------------------------------------------------- */

static void test_used_once_it_is_listed(void **state) {
        struct sub_pool *a = site("a", 4, 1);
        struct reservation *own;
        struct assignment *held;

        (void)state;
        w.deployment.replicas = 3;
        decides("stays a/p fp8 1x1x3 used 0 fresh");
        held = world_hold(&w, a, 3, 0);
        decides("stays a/p fp8 1x1x3 used 0"); /* not in the list yet */
        own = list(held);
        decides("stays a/p fp8 1x1x3 used 3");
        own->reserved = 2; /* as it was before */
        decides("stays a/p fp8 1x1x3 used 0");
        own->reserved = 3; /* and before that: the number is the same, the object is older */
        own->generation = 1;
        held->observed.generation = 3;
        decides("stays a/p fp8 1x1x3 used 0");
        own->generation = 3;
        decides("stays a/p fp8 1x1x3 used 3");
}

/* Two reserved the same units: whoever comes second in the order gives them back. */
static void test_two_at_once(void **state) {
        struct sub_pool *a = site("a", 4, 1);
        struct reservation *other;
        struct assignment *held;

        (void)state;
        w.deployment.replicas = 3;
        held = world_hold(&w, a, 3, 0);
        list(held);
        other = world_other(&w, "other", a, 1, 2, 0);
        /* chat comes first, but other could still use what it reserved. */
        decides("stays a/p fp8 1x1x3 used 0");
        other->reserved = 1;
        decides("stays a/p fp8 1x1x3 used 3");
        /* Who is listed first and used it never yields, whatever the priority. */
        other->reserved = other->used = 2;
        w.deployment.priority = held->observed.priority = w.others[0].priority = 1000;
        decides("stays a/p fp8 1x1x2 used 2: gave 1 replica back: other has the units");
        other->used = 0;
        other->priority = 1001;
        decides("stays a/p fp8 1x1x2 used 2: gave 1 replica back: other has the units");
        other->reserved = 4;
        decides("drops a/p fp8 1x1x0 used 0: gave 3 replicas back: other has the units");
        /* What is Ready counts as used, whatever was said. */
        world_serve(held);
        decides("stays a/p fp8 1x1x3 used 3");
}

/* Two with the highest priority, made at once, take nothing from what is starting. */
static void test_priority_evicts_nobody(void **state) {
        struct sub_pool *a = site("a", 8, 1);

        (void)state;
        w.deployment.replicas = 4;
        world_hold(&w, a, 4, 4)->service.ready = false;
        list(&w.held[0]);
        world_other(&w, "t0", a, 1, 4, 0)->priority = INT32_MAX;
        world_other(&w, "t1", a, 1, 4, 0)->priority = INT32_MAX;
        decides("stays a/p fp8 1x1x4 used 4");
}

/* What grows runs as before until others can see it. */
static void test_growth_is_reserved_first(void **state) {
        struct sub_pool *a = site("a", 4, 1);
        struct decision decision;

        (void)state;
        world_hold(&w, a, 1, 1);
        w.deployment.replicas = 3;
        decision = decides("stays a/p fp8 1x1x3 used 1");
        assert_int_equal(assignment_replicas(&decision.plan.assignments[0]), 1);
        world_observe(&w, &decision);
        list(&w.held[0]);
        decision = decides("stays a/p fp8 1x1x3 used 3");
        assert_int_equal(assignment_replicas(&decision.plan.assignments[0]), 3);
        assert_true(decision.plan.assignments[0].planned.served);
}

/* Another could still use two: of the two that it grew by one has a seat behind them. */
static void test_growth_behind_another(void **state) {
        struct sub_pool *a = site("a", 4, 1);
        struct assignment *held = world_hold(&w, a, 3, 1);

        (void)state;
        w.deployment.replicas = 3;
        held->observed.priority = w.deployment.priority = 1;
        list(held);
        world_other(&w, "other", a, 1, 2, 0);
        decides("stays a/p fp8 1x1x3 used 2");
}

/*
 * One that seems to have no seat may have used what it reserved by now: where it did, this one
 * has none. Where more is used than packs nobody knows what is left.
 */
static void test_not_beside_one_without_a_seat(void **state) {
        struct sub_pool *a = site("a", 4, 1);
        struct reservation *large;

        (void)state;
        list(world_hold(&w, a, 1, 0));
        w.held[0].observed.priority = w.others[0].priority = -1;
        world_other(&w, "first", a, 1, 3, 0);
        large = world_other(&w, "large", a, 2, 1, 0);
        decides("stays a/p fp8 1x1x1 used 0");
        large->used = 1;
        w.others[1].used = 3;
        large->units_per_node = 5; /* its node was larger once */
        decides("stays a/p fp8 1x1x1 used 0");
        w.n_others = 2;
        decides("stays a/p fp8 1x1x1 used 1");
}

/* ---- the order in which they were made ------------------------------------------------------- */

static void orders(const struct decision *decision, int64_t first, int64_t second) {
        assert_int_equal(decision->plan.n_assignments, 2);
        assert_int_equal(decision->plan.assignments[0].planned.order, first);
        assert_int_equal(decision->plan.assignments[1].planned.order, second);
}

/* It goes on from the highest, and begins again when the schema has no number for the next. */
static void test_order(void **state) {
        struct sub_pool *b;
        struct assignment *held;
        struct decision decision;

        (void)state;
        site("a", 8, 1);
        b = site("b", 8, 1);
        held = world_hold(&w, b, 1, 1);
        drain(b);
        held->observed.order = 254;
        decision = decides("leaves b/p fp8 1x1x1 used 1: the pool is being drained; "
                           "stays a/p fp8 1x1x1 used 0 fresh");
        orders(&decision, 254, 255);
        held->observed.order = 255;
        decision = decides("leaves b/p fp8 1x1x1 used 1: the pool is being drained; "
                           "stays a/p fp8 1x1x1 used 0 fresh");
        orders(&decision, 0, 1);
        world_observe(&w, &decision);
        decision = decides("leaves b/p fp8 1x1x1 used 1: the pool is being drained; "
                           "stays a/p fp8 1x1x1 used 0");
        orders(&decision, 0, 1);
        /* One that cannot be read comes last. */
        w.deployment.environments = 2;
        pool_of(b)->schedulable = SCHEDULABLE_ALWAYS;
        w.held[0].observed.order = INT64_MAX;
        w.held[1].observed.order = 7;
        decision = decides("stays a/p fp8 1x1x1 used 0; stays b/p fp8 1x1x1 used 1");
        orders(&decision, 0, 1);
}

/* ---- whose is it ----------------------------------------------------------------------------- */

/* Made again under its name: what the old one still holds is somebody else's. */
static void test_made_again(void **state) {
        struct sub_pool *a = site("a", 8, 1);
        struct reservation *old;

        (void)state;
        w.deployment.replicas = 8;
        w.deployment.uid = TEXT("new");
        old = world_other(&w, "chat", a, 1, 8, 8);
        old->name = TEXT("chat-a");
        old->uid = TEXT("old");
        assert_int_equal(world_decide(&w, &arena).placed, 0);
        old->reserved = old->used = 0;
        decides("stays a/p fp8 1x1x8 used 0 fresh");
}

/* One of ours that Crossplane no longer observes is composed again under its key. */
static void test_no_longer_observed(void **state) {
        struct sub_pool *a = site("a", 8, 1), *b = site("b", 8, 1);
        struct decision decision;
        struct reservation *own;

        (void)state;
        w.deployment.replicas = 2;
        w.deployment.uid = TEXT("uid");
        own = list(world_hold(&w, b, 2, 2));
        own->annotations = json_value(
                &arena, "{'crossplane.io/composition-resource-name':'reservation-b-m3'}");
        w.n_held = 0;
        decision = decides("stays b/p fp8 1x1x2 used 0");
        assert_text(decision.plan.assignments[0].suffix, "b-m3");
        /* One that is not wanted too, because what is not observed cannot be deleted. */
        world_hold(&w, a, 2, 2);
        decides("stays a/p fp8 1x1x2 used 2; "
                "leaves b/p fp8 1x1x2 used 0: fewer environments are wanted");
        own->uid = TEXT("another");
        decides("stays a/p fp8 1x1x2 used 2");
}

/* A reservation that was lost reserves and uses what the service is composed with. */
static void test_rebuilt(void **state) {
        struct sub_pool *a = site("a", 8, 1);
        struct assignment *held = world_hold(&w, a, 0, 0);

        (void)state;
        w.deployment.replicas = 4;
        held->rebuilt = true;
        held->service.replicas = 2;
        decides("stays a/p fp8 1x1x4 used 2");
        assert_false(world_decide(&w, &arena).plan.assignments[0].planned.served);
        held->service.ready = true;
        assert_true(world_decide(&w, &arena).plan.assignments[0].planned.served);
}

/*
 * A service without its reservation may have been let go along with it, and be shown a little
 * longer: it uses nothing that others have by now, unless one of its replicas is Ready.
 */
static void test_rebuilt_behind_others(void **state) {
        struct sub_pool *a = site("a", 2, 1);
        struct assignment *held = world_hold(&w, a, 0, 0);
        struct reservation *other = world_other(&w, "other", a, 1, 2, 0);

        (void)state;
        held->rebuilt = true;
        held->service.replicas = 1;
        other->priority = 1;
        decides("drops a/p fp8 1x1x0 used 0: gave 1 replica back: other has the units");
        other->reserved = other->used = 1;
        decides("stays a/p fp8 1x1x1 used 1");
        other->reserved = 2;
        other->priority = -1; /* it may be used by now all the same */
        decides("stays a/p fp8 1x1x1 used 0");
        other->used = 2;
        held->service.ready_replicas = 1;
        decides("stays a/p fp8 1x1x1 used 1");
}

/* Who may write reservations wrote into one of them; what is Ready runs all the same. */
static void test_written_by_hand(void **state) {
        struct sub_pool *a = site("a", 4, 1);
        struct assignment *held = world_hold(&w, a, 3, 3);

        (void)state;
        w.deployment.replicas = 3;
        list(held);
        held->observed.reserved = held->observed.used = 0;
        held->observed.served = false;
        decides("stays a/p fp8 1x1x3 used 3");
        held->observed.reserved = 3;
        held->observed.used = 1;
        decides("stays a/p fp8 1x1x3 used 3");
        held->observed.reserved = 1;
        drain(a);
        decides("leaves a/p fp8 1x1x3 used 3: the pool is being drained");
        /* An autoscaled one does not say how many run. */
        held->observed.reserved = held->observed.used = 0;
        held->service.replicas = -1;
        decides("leaves a/p fp8 1x1x1 used 1: the pool is being drained");
        held->service.ready = false;
        decides("drops a/p fp8 1x1x0 used 0: the pool is being drained");
}

/* Another place was written: nothing moves there, and what is wanted beside it goes elsewhere. */
static void test_another_place_by_hand(void **state) {
        struct assignment *held;
        struct sub_pool *b;

        (void)state;
        site("a", 4, 1);
        b = world_pool(&w, "q", "", 4, 1, 80);
        held = world_hold(&w, b, 1, 1);
        held->contradicted = true;
        held->observed.name = TEXT("chat-a");
        w.deployment.replicas = 2;
        decides("stays a/q fp8 1x1x1 used 1: its service was made for another place or size than "
                "GPUReservation chat-a says: delete that, and it is written again as the service "
                "is");
        assert_true(world_decide(&w, &arena).plan.assignments[0].frozen);
        drain(b); /* which it may never have been in */
        assert_int_equal(world_decide(&w, &arena).plan.assignments[0].fate, FATE_STAYS);
        held->observed.environment = TEXT("nowhere");
        assert_int_equal(world_decide(&w, &arena).plan.assignments[0].fate, FATE_STAYS);
        w.deployment.environments = 2;
        assert_int_equal(world_decide(&w, &arena).placed, 2);
}

/* ---- who is in the way ----------------------------------------------------------------------- */

/* Two took the last node and were paused: six units are free, and the sentence says why not. */
static void test_unseated_are_named(void **state) {
        struct sub_pool *a = site("a", 8, 8);
        struct decision decision;
        struct unseated *unseated;
        struct ledger ledger;
        size_t n;

        (void)state;
        world_other(&w, "hold", a, 1, 50, 50);
        world_other(&w, "t0", a, 8, 1, 0);
        world_other(&w, "t1", a, 8, 1, 0);
        decision = decides("");
        assert_text(explain_rejection(&decision.rejections.items[0], &arena),
                    "wants 1 unit, 0 of 64 are free, at most 6 of them on one node; nothing is "
                    "granted there while t1 has no seat for what it reserved");
        w.others[2].namespace_ = TEXT("zoo");
        decision = decides("");
        assert_text(
                explain_rejection(&decision.rejections.items[0], &arena),
                "wants 1 unit, 0 of 64 are free, at most 6 of them on one node; nothing is "
                "granted there while one of another namespace has no seat for what it reserved");
        assert_int_equal(ledger_build(w.others, w.n_others, NULL, &arena, &ledger), 0);
        assert_int_equal(seating_list_unseated(&ledger, a, NULL, 0, &arena, &unseated, &n), 0);
        assert_int_equal(n, 1);
        assert_ptr_equal(unseated[0].reservation, &w.others[2]);
        assert_int_equal(unseated[0].replicas, 1);
        assert_false(unseated[0].used);
}

/* ---- parked ---------------------------------------------------------------------------------- */

static void test_parked(void **state) {
        struct sub_pool *a = site("a", 4, 1);
        struct decision decision;

        (void)state;
        w.deployment.replicas = 0;
        decision = decides(""); /* created so: no assignment yet */
        assert_true(decision.settled && decision.parked);
        world_hold(&w, a, 3, 3);
        decision = decides("stays a/p fp8 1x1x0 used 0");
        assert_int_equal(decision.placed, 1);
        assert_true(decision.settled);
        world_observe(&w, &decision);
        w.held[0].service.replicas = 0; /* which KServe calls Ready */
        decision = decides("stays a/p fp8 1x1x0 used 0");
        assert_int_equal(decision.ready, 0);
        assert_true(deploy_is_settled(&w.deployment, w.held, w.n_held));
        w.deployment.replicas = 3;
        assert_false(deploy_is_settled(&w.deployment, w.held, w.n_held));
}

/* Whole where it was, else whole elsewhere, else what fits where it was. */
static void test_waking(void **state) {
        struct sub_pool *a = site("a", 4, 1), *b = site("b", 4, 1);
        struct assignment *held = world_hold(&w, a, 0, 0);
        struct decision decision;

        (void)state;
        held->observed.served = true;
        w.deployment.replicas = 3;
        decides("stays a/p fp8 1x1x3 used 0");
        world_other(&w, "other", a, 1, 2, 2);
        decides("drops a/p fp8 1x1x0 used 0: it wakes up elsewhere; "
                "stays b/p fp8 1x1x3 used 0 fresh");
        world_other(&w, "other", b, 1, 2, 2);
        decides("stays a/p fp8 1x1x2 used 0");
        w.others[0].reserved = w.others[0].used = 4;
        decision = decides("stays a/p fp8 1x1x0 used 0");
        assert_int_equal(decision.placed, 0);
        assert_int_equal(decision.rejections.n, 2);
        /* In its environment it may wake up in another pool. */
        world_pool(&w, "q", "", 8, 1, 80);
        decides("drops a/p fp8 1x1x0 used 0: it wakes up elsewhere; "
                "stays b/q fp8 1x1x3 used 0 fresh");
        /* A cordoned pool wakes nobody. */
        w.n_environments = 1;
        w.n_others = 0;
        pool_of(a)->schedulable = SCHEDULABLE_NO_NEW;
        decides("stays a/p fp8 1x1x0 used 0");
        /* Parked and drained: it goes at once. */
        w.deployment.replicas = 0;
        drain(a);
        decides("drops a/p fp8 1x1x0 used 0: the pool is being drained");
}

static int begin(void **state) {
        (void)state;
        arena_reset(&arena, SIZE_MAX);
        world_init(&w);
        return 0;
}

#define TEST(function) cmocka_unit_test_setup(function, begin)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_one_of_two_replacements),
                TEST(test_replacement_drained_before_it_was_ready),
                TEST(test_which_of_them_is_kept),
                TEST(test_leaving_gives_back),
                TEST(test_drain_undone),
                TEST(test_mistakes),
                TEST(test_no_nodes),
                TEST(test_size_of_a_replica),
                TEST(test_suffixes),
                TEST(test_used_once_it_is_listed),
                TEST(test_two_at_once),
                TEST(test_priority_evicts_nobody),
                TEST(test_growth_is_reserved_first),
                TEST(test_growth_behind_another),
                TEST(test_not_beside_one_without_a_seat),
                TEST(test_order),
                TEST(test_made_again),
                TEST(test_no_longer_observed),
                TEST(test_rebuilt),
                TEST(test_rebuilt_behind_others),
                TEST(test_written_by_hand),
                TEST(test_another_place_by_hand),
                TEST(test_unseated_are_named),
                TEST(test_parked),
                TEST(test_waking),
        };

        return cmocka_run_group_tests(tests, memory_set_up, memory_tear_down);
}
