/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/kubectl.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/count.h"
#include "cli/capacity.h"
#include "cli/check.h"
#include "cli/discover.h"
#include "cli/files.h"
#include "cli/mig.h"
#include "cli/model.h"
#include "cli/outcome.h"
#include "cli/plan.h"
#include "cli/render.h"
#include "render/object.h"

static const char usage[] =
        "usage: kubectl gpu COMMAND [kubectl's flags] [flags of the command]\n"
        "\n"
        "The commands of function-gpu-placement over what \"kubectl get\" finds:\n"
        "\n"
        "  capacity      units of each pool, used and free; -o html is the fleet as a page\n"
        "  check         what is wrong with what is declared, held to the cluster's nodes\n"
        "  discover      an InferenceEnvironment for the cluster's nodes\n"
        "  plan          which layouts to cut for the deployments; --gpu GPU is needed\n"
        "  explain NAME  why a ModelDeployment is placed where it is, or is not\n"
        "  mig, model    as they are: nothing is fetched\n"
        "\n"
        "  --context, --kubeconfig NAME  are kubectl's own\n"
        "  -n, --namespace NAME          of the deployment of explain\n"
        "  -o, --output FORM             of explain: json or yaml instead of a table\n"
        "\n"
        "Only \"kubectl get\" is run. \"kubectl gpu COMMAND --help\" has the other flags.\n";

extern char **environ;

enum { WORDS_MAX = 128, FILES_MAX = 4, PATH_SIZE = 40 };

struct plugin {
        const char *command, *name, *namespace_;
        char explain[16];      /* the flag of render, with the form that is wanted */
        char *rest[WORDS_MAX]; /* the command's own words */
        int n_rest;
        char *cluster[8]; /* kubectl's flags */
        int n_cluster;
        char files[FILES_MAX][PATH_SIZE];
        int n_files;
        struct arena *arena;
        struct fault fault;
};

int cli_kubectl_is(const char *program) {
        const char *slash = strrchr(program, '/');

        return strcmp(slash ? slash + 1 : program, "kubectl-gpu") == 0;
}

/* ---- kubectl --------------------------------------------------------------------------------- */

static int wait_for(pid_t child, struct fault *fault) {
        int status;

        while (waitpid(child, &status, 0) < 0) {
                if (errno != EINTR)
                        return -errno;
        }
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
                return 0;
        fault_set(fault, "kubectl get failed");
        return -EINVAL;
}

/* Runs kubectl get with these words, its output in a new file. */
static int fetch(struct plugin *p, char *const *words, size_t n, const char **ret) {
        char *path = p->files[p->n_files], *argv[WORDS_MAX] = { 0 };
        posix_spawn_file_actions_t actions;
        size_t at = 0;
        pid_t child;
        int fd, r;

        snprintf(path, PATH_SIZE, "/tmp/kubectl-gpu-XXXXXX.yaml");
        fd = mkstemps(path, 5);
        if (fd < 0) {
                fault_set(&p->fault, "cannot make a file in /tmp: %s", strerror(errno));
                return -EINVAL;
        }
        p->n_files++;
        argv[at++] = (char[]) { "kubectl" };
        argv[at++] = (char[]) { "get" };
        for (int i = 0; i < p->n_cluster; i++)
                argv[at++] = p->cluster[i];
        for (size_t i = 0; i < n; i++)
                argv[at++] = words[i];
        argv[at++] = (char[]) { "--output=yaml" };
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
        r = posix_spawnp(&child, "kubectl", &actions, NULL, argv, environ);
        posix_spawn_file_actions_destroy(&actions);
        close(fd);
        if (r != 0) {
                fault_set(&p->fault, "cannot run kubectl: %s", strerror(r));
                return -EINVAL;
        }
        *ret = path;
        return wait_for(child, &p->fault);
}

static int fetch_all(struct plugin *p, const char *kinds, const char **ret) {
        char words[2][256];

        snprintf(words[0], sizeof(words[0]), "%s", kinds);
        snprintf(words[1], sizeof(words[1]), "--all-namespaces");
        return fetch(p, (char *[]) { words[0], words[1] }, 2, ret);
}

/* ---- commands -------------------------------------------------------------------------------- */

#define FLEET "inferenceenvironments.modelplane.ai"
#define MODELS "clustermodels.modelplane.ai,models.modelplane.ai"
#define DEPLOYMENTS "modeldeployments.modelplane.ai"
#define LEDGER "gpureservations.gpuplacement.fn.crossplane.io"
#define COMPOSITIONS "compositions.apiextensions.crossplane.io"

/* Calls a command with its name, some words of ours and then the user's. */
static int call(struct plugin *p, int (*run)(int, char **), const char *const *words, size_t n) {
        char *argv[WORDS_MAX + 16] = { 0 };
        int at = 0;

        /* getopt_long() moves words, and changes none. */
        argv[at++] = (char *)(uintptr_t)p->command;
        for (size_t i = 0; i < n; i++)
                argv[at++] = (char *)(uintptr_t)words[i];
        for (int i = 0; i < p->n_rest; i++)
                argv[at++] = p->rest[i];
        return run(at, argv);
}

static int run_capacity(struct plugin *p) {
        const char *file;

        if (fetch_all(p, FLEET "," LEDGER "," COMPOSITIONS ",configmaps", &file) < 0)
                return -1;
        return call(p, cli_capacity, &file, 1);
}

static int run_check(struct plugin *p) {
        const char *words[3] = { "--nodes" };

        if (fetch_all(p, "nodes", &words[1]) < 0 ||
            fetch_all(p, FLEET "," MODELS "," DEPLOYMENTS "," COMPOSITIONS, &words[2]) < 0)
                return -1;
        return call(p, cli_check, words, COUNT_OF(words));
}

static int run_discover(struct plugin *p) {
        const char *file;

        if (fetch_all(p, "nodes", &file) < 0)
                return -1;
        return call(p, cli_discover, &file, 1);
}

static int run_plan(struct plugin *p) {
        const char *words[2] = { "-e" };

        for (int i = 0; i < p->n_rest; i++) {
                if (strncmp(p->rest[i], "--want", 6) == 0 || strcmp(p->rest[i], "-e") == 0)
                        return call(p, cli_plan, NULL, 0);
        }
        if (fetch_all(p, DEPLOYMENTS "," MODELS, &words[1]) < 0)
                return -1;
        return call(p, cli_plan, words, COUNT_OF(words));
}

static const struct cli_transport *transport;

static int render(int argc, char **argv) {
        return cli_render(argc, argv, transport);
}

static int fetch_composition(struct plugin *p, const char *deployment, const char **ret) {
        struct value object;
        struct text name;
        char words[2][256] = { COMPOSITIONS };
        int r = files_object(deployment, p->arena, &object, &p->fault);

        if (r < 0)
                return r;
        name = text_at(object, "spec.crossplane.compositionRef.name");
        if (name.len == 0)
                name = text_at(object, "spec.compositionRef.name");
        if (name.len == 0) {
                fault_set(&p->fault, "%s has no Composition yet", p->name);
                return -EINVAL;
        }
        snprintf(words[1], sizeof(words[1]), "%.*s", TEXT_ARG(name));
        return fetch(p, (char *[]) { words[0], words[1] }, 2, ret);
}

static int run_explain(struct plugin *p) {
        char kind[] = DEPLOYMENTS, flag[] = "--namespace", name[256], space[256];
        const char *words[5] = { NULL, NULL, p->explain, "-e", NULL };

        if (!p->name) {
                fault_set(&p->fault, "explain needs the NAME of a ModelDeployment");
                return -1;
        }
        snprintf(name, sizeof(name), "%s", p->name);
        snprintf(space, sizeof(space), "%s", p->namespace_ ? p->namespace_ : "");
        if (fetch(p, (char *[]) { kind, name, flag, space }, p->namespace_ ? 4 : 2, &words[0]) <
                    0 ||
            fetch_composition(p, words[0], &words[1]) < 0 ||
            fetch_all(p, FLEET "," MODELS "," LEDGER, &words[4]) < 0)
                return -1;
        p->command = "render";
        return call(p, render, words, COUNT_OF(words));
}

static int run_mig(struct plugin *p) {
        return call(p, cli_mig, NULL, 0);
}

static int run_model(struct plugin *p) {
        return call(p, cli_model, NULL, 0);
}

static const struct {
        const char *name;
        int (*run)(struct plugin *p); /* its exit code; -1: see fault */
        int (*help)(int argc, char **argv);
} commands[] = {
        { "capacity", run_capacity, cli_capacity }, { "check", run_check, cli_check },
        { "discover", run_discover, cli_discover }, { "plan", run_plan, cli_plan },
        { "explain", run_explain, NULL },           { "mig", run_mig, cli_mig },
        { "model", run_model, cli_model },
};

/* ---- the command line ------------------------------------------------------------------------ */

/* A flag of kubectl's with its value, which may be in the same word. */
static bool take_cluster_flag(struct plugin *p, int argc, char **argv, int *i) {
        static const char *const flags[] = { "--context", "--kubeconfig" };

        for (size_t k = 0; k < COUNT_OF(flags); k++) {
                size_t len = strlen(flags[k]);

                if (strncmp(argv[*i], flags[k], len) != 0 || p->n_cluster > 4)
                        continue;
                if (argv[*i][len] != '=' && argv[*i][len] != '\0')
                        continue;
                p->cluster[p->n_cluster++] = argv[*i];
                if (argv[*i][len] == '\0' && *i + 1 < argc)
                        p->cluster[p->n_cluster++] = argv[++*i];
                return true;
        }
        return false;
}

static bool take_namespace(struct plugin *p, int argc, char **argv, int *i) {
        if (strncmp(argv[*i], "--namespace=", 12) == 0) {
                p->namespace_ = argv[*i] + 12;
                return true;
        }
        if ((strcmp(argv[*i], "-n") != 0 && strcmp(argv[*i], "--namespace") != 0) || *i + 1 >= argc)
                return false;
        p->namespace_ = argv[++*i];
        return true;
}

/* In which form the explanation is wanted: render knows the words. */
static bool take_output(struct plugin *p, int argc, char **argv, int *i) {
        const char *form = NULL;

        if (strncmp(argv[*i], "--output=", 9) == 0)
                form = argv[*i] + 9;
        else if (strcmp(argv[*i], "--output") == 0 || strcmp(argv[*i], "-o") == 0)
                form = *i + 1 < argc ? argv[++*i] : "";
        else if (strncmp(argv[*i], "-o", 2) == 0)
                form = argv[*i] + 2 + (argv[*i][2] == '=');
        if (form)
                snprintf(p->explain, sizeof(p->explain), "--explain=%s", form);
        return form != NULL;
}

static bool read_words(struct plugin *p, int argc, char **argv) {
        bool is_explain = strcmp(p->command, "explain") == 0, wants_help = false;

        for (int i = 2; i < argc && p->n_rest < WORDS_MAX; i++) {
                wants_help |= strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0;
                if (take_cluster_flag(p, argc, argv, &i) ||
                    (is_explain &&
                     (take_namespace(p, argc, argv, &i) || take_output(p, argc, argv, &i))))
                        continue;
                if (is_explain && !p->name && argv[i][0] != '-')
                        p->name = argv[i];
                else
                        p->rest[p->n_rest++] = argv[i];
        }
        return wants_help;
}

static int run_command(struct plugin *p, size_t index, bool wants_help) {
        int code;

        if (wants_help && !commands[index].help) {
                fputs(usage, stdout);
                return EXIT_DONE;
        }
        code = wants_help ? call(p, commands[index].help, NULL, 0) : commands[index].run(p);
        for (int i = 0; i < p->n_files; i++)
                unlink(p->files[i]);
        if (code >= 0)
                return code;
        return (int)outcome_failed("kubectl gpu", -EINVAL, &p->fault, p->arena);
}

int cli_kubectl(int argc, char **argv, const struct cli_transport *remote) {
        struct plugin plugin = { .command = argc > 1 ? argv[1] : "--help", .explain = "--explain" };
        struct arena arena;
        int code = -1;

        transport = remote;
        if (strcmp(plugin.command, "--help") == 0 || strcmp(plugin.command, "-h") == 0) {
                fputs(usage, stdout);
                return EXIT_DONE;
        }
        arena_init(&arena, (size_t)64 * 1024 * 1024);
        plugin.arena = &arena;
        for (size_t i = 0; i < COUNT_OF(commands); i++) {
                if (strcmp(plugin.command, commands[i].name) == 0)
                        code = run_command(&plugin, i, read_words(&plugin, argc, argv));
        }
        arena_release(&arena);
        if (code >= 0)
                return code;
        fprintf(stderr, "kubectl gpu: unknown command \"%s\"; see --help\n", plugin.command);
        return EXIT_UNREADABLE;
}
