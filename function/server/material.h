/* SPDX-License-Identifier: Apache-2.0 */
/*
 * material - what a directory of certificates held at one moment, read and checked
 */
#ifndef SERVER_MATERIAL_H
#define SERVER_MATERIAL_H

#include "base/fault.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/x509.h>
#include <stdint.h>

enum material_file { FILE_CERTIFICATE, FILE_KEY, FILE_CA, N_MATERIAL_FILES };

struct material {
        BIO *files[N_MATERIAL_FILES]; /* their bytes, in memory */
        STACK_OF(X509) * cas;
        int64_t certificate_expiry_seconds; /* since the epoch */
        int64_t ca_expiry_seconds;          /* of several the first to end */
};

/* material_path() - where a file lies: tls.crt, tls.key or ca.crt below dir */
void material_path(const char *dir, enum material_file file, char ret[PATH_MAX]);

/*
 * material_read() - the three files, when they fit each other
 * @ret:   all zero at first; to be released, whatever is returned
 * @fault: set on failure
 *
 * Errors: -EINVAL  a file cannot be read or does not hold what it should, or the
 *                  key is not that of the certificate
 */
int material_read(const char *dir, struct material *ret, struct fault *fault);

void material_release(struct material *m);

#endif
