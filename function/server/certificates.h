/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificates - what a directory of certificates held at one moment, read and checked
 */
#ifndef SERVER_CERTIFICATES_H
#define SERVER_CERTIFICATES_H

#include "base/fault.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/x509.h>
#include <stdint.h>

enum certificates_file { FILE_CERTIFICATE, FILE_KEY, FILE_CA, N_MATERIAL_FILES };

struct certificates {
        BIO *files[N_MATERIAL_FILES]; /* their bytes, in memory */
        STACK_OF(X509) * cas;
        int64_t certificate_expiry_seconds; /* since the epoch */
        int64_t ca_expiry_seconds;          /* of several the first to end */
};

/* certificates_path() - where a file lies: tls.crt, tls.key or ca.crt below dir */
void certificates_path(const char *dir, enum certificates_file file, char ret[PATH_MAX]);

/*
 * certificates_read() - the three files, when they fit each other
 * @ret:   all zero at first; to be released, whatever is returned
 * @fault: set on failure
 *
 * Errors: -EINVAL  a file cannot be read or does not hold what it should, or the
 *                  key is not that of the certificate
 */
int certificates_read(const char *dir, struct certificates *ret, struct fault *fault);

void certificates_release(struct certificates *m);

/* certificates_expired() - the file whose certificate has expired, "tls.crt" first; NULL: none */
const char *certificates_expired(int64_t certificate_expiry_seconds, int64_t ca_expiry_seconds);

#endif
