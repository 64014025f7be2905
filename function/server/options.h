/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options - the flags of the server
 *
 * Each flag has a twin in the environment; the flag wins. An empty variable is as
 * good as none, so that a manifest may leave one blank.
 */
#ifndef SERVER_OPTIONS_H
#define SERVER_OPTIONS_H

#include "base/fault.h"
#include "server/log.h"

struct options {
        const char *address;         /* HOST:PORT, "[::]:PORT" or ":PORT" */
        const char *certs_dir;       /* NULL: none */
        const char *metrics_address; /* as address; NULL: no metrics, no health over HTTP */
        uint32_t max_recv_bytes;
        unsigned int workers;
        int64_t grace_ms;
        int64_t max_connection_age_ms; /* 0: no age is too much */
        int64_t max_connection_age_grace_ms;
        enum log_level log_level;
        bool insecure;
        bool debug;   /* readable lines; the level is LOG_DEBUG unless it is set too */
        bool help;    /* asked for; nothing else counts */
        bool version; /* likewise */
};

/*
 * options_read() - the defaults, then the environment, then the arguments
 * @argv:        argv[0] is skipped; strings live as long as argv and the environment
 * @ret_options: set on success
 * @fault:       set on failure: one sentence that names the flag and the value
 *
 * Errors: -EINVAL  an unknown flag, a bad value, an argument that is no flag, or
 *                  neither certificates nor --insecure
 */
int options_read(int argc, char **argv, struct options *ret_options, struct fault *fault);

/* options_help() - the text of --help; static. */
const char *options_help(void);

/*
 * options_duration() - a Go duration such as "10s", "1m30s", "1.5h", "250ms", "0"
 * @ret_ms: set on success, rounded; at most 24 hours
 *
 * Errors: -EINVAL  not what duration_parse() reads, negative, or longer
 */
int options_duration(struct text t, int64_t *ret_ms);

#endif
