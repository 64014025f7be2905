/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which command runs. Without one it serves, which is what Crossplane starts.
 */
#include "cli/capacity.h"
#include "cli/check.h"
#include "cli/discover.h"
#include "cli/kubectl.h"
#include "cli/mig.h"
#include "cli/model.h"
#include "cli/plan.h"
#include "cli/render.h"
#include "server/client.h"
#include "server/options.h"
#include "server/serve.h"

#include <stdio.h>
#include <string.h>

/* As long as Crossplane waits for a whole pipeline. */
enum { REMOTE_TIMEOUT_MS = 2 * 60 * 1000 };

static int call_remote(void *ctx, const char *target, struct text request, struct arena *arena,
                       struct text *ret, struct fault *fault) {
        (void)ctx;
        return client_call(target, request, REMOTE_TIMEOUT_MS, arena, ret, fault);
}

static const struct cli_transport remote = { .call = call_remote };

static int render(int argc, char **argv) {
        return cli_render(argc, argv, &remote);
}

static int help(int argc, char **argv) {
        (void)argc;
        (void)argv;
        fputs(options_help(), stdout);
        return 0;
}

struct command {
        const char *name;
        int (*run)(int argc, char **argv);
};

/* Each gets its own name as argv[0], and returns the exit code. */
static const struct command commands[] = {
        { "capacity", cli_capacity }, { "check", cli_check },
        { "discover", cli_discover }, { "help", help },
        { "mig", cli_mig },           { "model", cli_model },
        { "plan", cli_plan },         { "render", render },
        { "serve", serve },
};

int main(int argc, char **argv) {
        if (argc > 0 && cli_kubectl_is(argv[0]))
                return cli_kubectl(argc, argv, &remote);
        if (argc < 2 || argv[1][0] == '-')
                return serve(argc, argv);
        for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
                if (strcmp(argv[1], commands[i].name) == 0)
                        return commands[i].run(argc - 1, argv + 1);
        }
        fprintf(stderr, "function-gpu-placement: unknown command \"%s\"; see --help\n", argv[1]);
        return 2;
}
