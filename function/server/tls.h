/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls - both sides show a certificate, and both may be replaced while we serve
 *
 * A directory holds tls.crt, tls.key and ca.crt. All three are read together and
 * used only when they fit each other; otherwise those before them stay in use.
 */
#ifndef SERVER_TLS_H
#define SERVER_TLS_H

#include "base/fault.h"

#include <grpc/grpc_security.h>
#include <stdint.h>

struct tls;

/*
 * tls_open() - read the directory, and watch it from now on
 * @dir:   lives as long as *ret
 * @ret:   set on success
 * @fault: set on failure
 *
 * Errors: -EINVAL  a file cannot be read or does not hold what it should, or the
 *                  key is not that of the certificate
 *         -EAGAIN, -ENOMEM, -EMFILE  no thread, no memory, no files to be had
 */
int tls_open(const char *dir, struct tls **ret, struct fault *fault);

/* tls_credentials() - for a listener; the caller releases them. After grpc_init(). */
grpc_server_credentials *tls_credentials(struct tls *t);

struct tls_facts {
        int64_t certificate_expiry_seconds; /* since the epoch */
        int64_t ca_expiry_seconds;          /* of several the first to end */
        uint64_t n_reloads;
        uint64_t n_reload_failures;
        uint64_t n_refused; /* connections, for the client's certificate */
};

/* tls_facts() - as of now. */
void tls_facts(struct tls *t, struct tls_facts *ret);

/* tls_reload() - read the directory soon, changed or not; counted as any reload. */
void tls_reload(struct tls *t);

/* tls_close() - after the server that uses it is gone. */
void tls_close(struct tls *t);

#endif
