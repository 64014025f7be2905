/* SPDX-License-Identifier: Apache-2.0 */
#include "server/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/flags.h"
#include "server/address.h"

enum { MAX_RECV_MIB = 1024, MAX_WORKERS = 256 };

static const int64_t max_duration_ms = 24 * 3600 * 1000;

enum flag {
        FLAG_ADDRESS,
        FLAG_TLS_CERTS_DIR,
        FLAG_INSECURE,
        FLAG_MAX_RECV_MESSAGE_SIZE,
        FLAG_METRICS_ADDRESS,
        FLAG_WORKERS,
        FLAG_GRACE,
        FLAG_MAX_CONNECTION_AGE,
        FLAG_MAX_CONNECTION_AGE_GRACE,
        FLAG_LOG_LEVEL,
        FLAG_DEBUG,
        N_FLAGS,
        FLAG_VERSION = N_FLAGS,
        FLAG_HELP,
};

static const char *const environment[N_FLAGS] = {
        [FLAG_ADDRESS] = "FUNCTION_ADDRESS",
        [FLAG_TLS_CERTS_DIR] = "TLS_SERVER_CERTS_DIR",
        [FLAG_INSECURE] = "FUNCTION_INSECURE",
        [FLAG_MAX_RECV_MESSAGE_SIZE] = "FUNCTION_MAX_RECV_MESSAGE_SIZE",
        [FLAG_METRICS_ADDRESS] = "FUNCTION_METRICS_ADDRESS",
        [FLAG_WORKERS] = "FUNCTION_WORKERS",
        [FLAG_GRACE] = "FUNCTION_GRACE",
        [FLAG_MAX_CONNECTION_AGE] = "FUNCTION_MAX_CONNECTION_AGE",
        [FLAG_MAX_CONNECTION_AGE_GRACE] = "FUNCTION_MAX_CONNECTION_AGE_GRACE",
        [FLAG_LOG_LEVEL] = "FUNCTION_LOG_LEVEL",
        [FLAG_DEBUG] = "FUNCTION_DEBUG",
};

static const struct option flags[] = {
        { "address", required_argument, NULL, FLAG_ADDRESS },
        { "tls-certs-dir", required_argument, NULL, FLAG_TLS_CERTS_DIR },
        { "insecure", optional_argument, NULL, FLAG_INSECURE },
        { "max-recv-message-size", required_argument, NULL, FLAG_MAX_RECV_MESSAGE_SIZE },
        { "metrics-address", required_argument, NULL, FLAG_METRICS_ADDRESS },
        { "workers", required_argument, NULL, FLAG_WORKERS },
        { "grace", required_argument, NULL, FLAG_GRACE },
        { "max-connection-age", required_argument, NULL, FLAG_MAX_CONNECTION_AGE },
        { "max-connection-age-grace", required_argument, NULL, FLAG_MAX_CONNECTION_AGE_GRACE },
        { "log-level", required_argument, NULL, FLAG_LOG_LEVEL },
        { "debug", optional_argument, NULL, FLAG_DEBUG },
        { "version", no_argument, NULL, FLAG_VERSION },
        { "help", no_argument, NULL, FLAG_HELP },
        { 0 },
};

static const char help[] =
        "Usage: function-gpu-placement [FLAG]...\n"
        "       function-gpu-placement COMMAND [ARGUMENT]...\n"
        "\n"
        "Without a command it serves Crossplane's composition function protocol.\n"
        "\n"
        "  render    run a Composition's steps without a cluster\n"
        "  discover  make an InferenceEnvironment of a cluster's nodes\n"
        "  check     say what is wrong with manifests, also against real nodes\n"
        "  capacity  print what a fleet's pools hold, used and free\n"
        "  mig       print the MIG catalogue; \"mig check\" says what fits on one GPU\n"
        "  model     say how much memory a model takes, from its config.json\n"
        "  plan      say which layouts to cut GPUs into\n"
        "  serve     the same as no command\n"
        "\n"
        "Each has its own --help. Flags of serve:\n"
        "\n"
        "      --address HOST:PORT         where to listen, IPv6 too unless HOST says otherwise\n"
        "                                  (0.0.0.0:9443)              [$FUNCTION_ADDRESS]\n"
        "      --tls-certs-dir DIR         tls.crt, tls.key, ca.crt; read again when they change\n"
        "                                                              [$TLS_SERVER_CERTS_DIR]\n"
        "      --insecure                  plain text; wins over certificates\n"
        "                                                              [$FUNCTION_INSECURE]\n"
        "      --max-recv-message-size N   largest request, in MiB (32) "
        "[$FUNCTION_MAX_RECV_MESSAGE_SIZE]\n"
        "      --metrics-address HOST:PORT /metrics, /healthz, /readyz (:8080); 0: none\n"
        "                                                              "
        "[$FUNCTION_METRICS_ADDRESS]\n"
        "      --workers N                 threads that compute (cores) [$FUNCTION_WORKERS]\n"
        "      --grace DURATION            to finish calls after SIGTERM (10s)\n"
        "                                                              [$FUNCTION_GRACE]\n"
        "      --max-connection-age DURATION\n"
        "                                  then a client is asked to make a new connection (5m);\n"
        "                                  0: never          [$FUNCTION_MAX_CONNECTION_AGE]\n"
        "      --max-connection-age-grace DURATION\n"
        "                                  then calls on the old one end (2m)\n"
        "                                              [$FUNCTION_MAX_CONNECTION_AGE_GRACE]\n"
        "      --log-level LEVEL           debug: every call; info: what was decided or failed;\n"
        "                                  warn, error (info)          [$FUNCTION_LOG_LEVEL]\n"
        "  -d, --debug                     a log for a person; level debug unless --log-level\n"
        "                                  says otherwise              [$FUNCTION_DEBUG]\n"
        "      --version                   print the version\n"
        "  -h, --help                      print this\n";

const char *options_help(void) {
        return help;
}

/* ---- values ---------------------------------------------------------------------------------- */

static bool read_bool(const char *value, bool *ret) {
        static const char *const no[] = { "false", "0", "no", "off" };
        static const char *const yes[] = { "true", "1", "yes", "on" };

        for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
                bool is_yes = text_equal_fold(text_from(value), text_from(yes[i]));

                if (is_yes || text_equal_fold(text_from(value), text_from(no[i]))) {
                        *ret = is_yes;
                        return true;
                }
        }
        return false;
}

static bool read_number(const char *value, uint64_t max, uint64_t *ret) {
        return text_to_u64(text_from(value), ret) && *ret >= 1 && *ret <= max;
}

int options_duration(struct text t, int64_t *ret_ms) {
        int64_t nanoseconds;

        if (!duration_parse(t, &nanoseconds) || nanoseconds < 0 ||
            nanoseconds > max_duration_ms * 1000000)
                return -EINVAL;
        *ret_ms = (nanoseconds + 500000) / 1000000;
        return 0;
}

/* ---- flags ----------------------------------------------------------------------------------- */

static const char *set_duration(const char *value, int64_t *ret_ms) {
        if (options_duration(text_from(value), ret_ms) < 0)
                return "a duration such as 10s or 1m30s, at most 24h";
        return NULL;
}

/* Sets one option; returns what it should have been, or NULL when it is fine. */
static const char *set_option(struct options *o, enum flag flag, const char *value) {
        bool is_none = strcmp(value, "") == 0 || strcmp(value, "0") == 0;
        uint64_t number;

        switch (flag) {
        case FLAG_ADDRESS:
                o->address = value;
                return address_is_valid(value) ? NULL : "HOST:PORT or :PORT";
        case FLAG_TLS_CERTS_DIR:
                o->certs_dir = value;
                return *value ? NULL : "a directory";
        case FLAG_INSECURE:
                return read_bool(value, &o->insecure) ? NULL : "true or false";
        case FLAG_MAX_RECV_MESSAGE_SIZE:
                if (!read_number(value, MAX_RECV_MIB, &number))
                        return "a number of MiB from 1 to 1024";
                o->max_recv_bytes = (uint32_t)number * 1024 * 1024;
                return NULL;
        case FLAG_METRICS_ADDRESS:
                o->metrics_address = is_none ? NULL : value;
                return is_none || address_is_valid(value) ? NULL
                                                          : "HOST:PORT, :PORT, or 0 for none";
        case FLAG_WORKERS:
                if (!read_number(value, MAX_WORKERS, &number))
                        return "a number from 1 to 256";
                o->workers = (unsigned int)number;
                return NULL;
        case FLAG_GRACE:
                return set_duration(value, &o->grace_ms);
        case FLAG_MAX_CONNECTION_AGE:
                return set_duration(value, &o->max_connection_age_ms);
        case FLAG_MAX_CONNECTION_AGE_GRACE:
                return set_duration(value, &o->max_connection_age_grace_ms);
        case FLAG_LOG_LEVEL:
                return log_read_level(text_from(value), &o->log_level)
                               ? NULL
                               : "debug, info, warn or error";
        case FLAG_DEBUG:
                return read_bool(value, &o->debug) ? NULL : "true or false";
        case FLAG_VERSION:
                o->version = true;
                return NULL;
        case FLAG_HELP:
                o->help = true;
                return NULL;
        }
        return NULL;
}

static int read_environment(struct options *o, struct fault *fault) {
        for (enum flag flag = 0; flag < N_FLAGS; flag++) {
                const char *value = getenv(environment[flag]), *wanted;

                if (!value || !*value)
                        continue;
                wanted = set_option(o, flag, value);
                if (!wanted)
                        continue;
                fault_set(fault, "%s is \"%s\": expected %s", environment[flag], value, wanted);
                return -EINVAL;
        }
        return 0;
}

static const char *flag_name(enum flag flag) {
        for (size_t i = 0; flags[i].name; i++) {
                if (flags[i].val == (int)flag)
                        return flags[i].name;
        }
        return "";
}

static int read_arguments(struct options *o, int argc, char **argv, struct fault *fault) {
        int found;

        optind = 0; /* start over, whatever was read before */
        while ((found = flags_next(argc, argv, "+:dh", flags, "--help", fault)) != FLAGS_END) {
                enum flag flag = found == 'd'   ? FLAG_DEBUG
                                 : found == 'h' ? FLAG_HELP
                                                : (enum flag)found;
                const char *value = optarg ? optarg : "true", *wanted;

                if (found == FLAGS_REFUSED)
                        return -EINVAL;
                wanted = set_option(o, flag, value);
                if (wanted) {
                        fault_set(fault, "--%s is \"%s\": expected %s", flag_name(flag), value,
                                  wanted);
                        return -EINVAL;
                }
        }
        if (optind < argc) {
                fault_set(fault, "unexpected argument \"%s\"; see --help", argv[optind]);
                return -EINVAL;
        }
        return 0;
}

int options_read(int argc, char **argv, struct options *ret_options, struct fault *fault) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        struct options o = {
                .address = "0.0.0.0:9443",
                .metrics_address = ":8080",
                .max_recv_bytes = 32 * 1024 * 1024,
                .workers = cores < 1             ? 1
                           : cores > MAX_WORKERS ? MAX_WORKERS
                                                 : (unsigned int)cores,
                .grace_ms = 10 * 1000,
                .max_connection_age_ms = 5 * 60 * 1000,
                .max_connection_age_grace_ms = 2 * 60 * 1000,
                .log_level = N_LOG_LEVELS,
        };
        int r;

        r = read_environment(&o, fault);
        if (r < 0)
                return r;
        r = read_arguments(&o, argc, argv, fault);
        if (r < 0)
                return r;
        if (!o.help && !o.version && !o.insecure && !o.certs_dir) {
                fault_set(fault, "no certificates: set --tls-certs-dir or TLS_SERVER_CERTS_DIR, or "
                                 "--insecure to serve plain text");
                return -EINVAL;
        }
        if (o.log_level == N_LOG_LEVELS)
                o.log_level = o.debug ? LOG_DEBUG : LOG_INFO;
        *ret_options = o;
        return 0;
}
