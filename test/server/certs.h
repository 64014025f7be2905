/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certs - certificates of the exact shape that Crossplane makes
 *
 * CA and leaves share one subject and one serial number; neither has a key
 * identifier. Ordinary test certificates hide what that does to OpenSSL.
 * Source: crossplane v2.3, internal/initializer/cert_generator.go and tls.go
 */
#ifndef TEST_SERVER_CERTS_H
#define TEST_SERVER_CERTS_H

#include <openssl/x509.h>

struct cert {
        EVP_PKEY *key;
        X509 *x509;
};

/* cert_ca() - an authority; any two have the same name. */
struct cert cert_ca(int days);

/* cert_leaf() - signed by ca, for localhost; usage "clientAuth", "serverAuth" or NULL for none;
 * days < 0: expired.
 */
struct cert cert_leaf(const struct cert *ca, const char *usage, int days);

void cert_release(struct cert *c);

/* cert_pem() - the certificate; key_pem() - its key in PKCS#1. The caller frees them. */
char *cert_pem(const struct cert *c);
char *key_pem(const struct cert *c);

/* cert_write() - tls.crt, tls.key, ca.crt into a directory. */
void cert_write(const char *dir, const struct cert *leaf, const struct cert *ca);

/* cert_write_text() - one file of a directory. */
void cert_write_text(const char *dir, const char *name, const char *text);

#endif
