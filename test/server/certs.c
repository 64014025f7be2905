/* SPDX-License-Identifier: Apache-2.0 */
#include "certs.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { SERIAL = 2022, KEY_BITS = 2048, DAY = 24 * 3600 };

static void add_name(X509_NAME *name, const char *field, const char *value) {
        const unsigned char *bytes = (const unsigned char *)value;

        /* As Go writes it. OpenSSL itself would refuse a country of five letters. */
        assert_int_equal(
                X509_NAME_add_entry_by_txt(name, field, V_ASN1_PRINTABLESTRING, bytes, -1, -1, 0),
                1);
}

static void add_extension(X509 *x509, int nid, const char *value) {
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

        assert_non_null(extension);
        X509_add_ext(x509, extension, -1);
        X509_EXTENSION_free(extension);
}

static struct cert begin(int days) {
        struct cert c = { .key = EVP_RSA_gen(KEY_BITS), .x509 = X509_new() };
        X509_NAME *name = X509_get_subject_name(c.x509);

        X509_set_version(c.x509, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(c.x509), SERIAL);
        X509_gmtime_adj(X509_getm_notBefore(c.x509), (days < 0 ? 2 * days : 0) * DAY - 60);
        X509_gmtime_adj(X509_getm_notAfter(c.x509), days * DAY);
        add_name(name, "C", "Earth");
        add_name(name, "ST", "Earth");
        add_name(name, "L", "Earth");
        add_name(name, "O", "Crossplane");
        add_name(name, "CN", "Crossplane");
        X509_set_issuer_name(c.x509, name);
        X509_set_pubkey(c.x509, c.key);
        return c;
}

struct cert cert_ca(int days) {
        struct cert c = begin(days);

        add_extension(c.x509, NID_key_usage, "critical,digitalSignature,keyCertSign,cRLSign");
        add_extension(c.x509, NID_basic_constraints, "critical,CA:TRUE");
        X509_sign(c.x509, c.key, EVP_sha256());
        return c;
}

struct cert cert_leaf(const struct cert *ca, const char *usage, int days) {
        struct cert c = begin(days);

        add_extension(c.x509, NID_key_usage, "critical,digitalSignature,keyEncipherment");
        if (usage)
                add_extension(c.x509, NID_ext_key_usage, usage);
        add_extension(c.x509, NID_basic_constraints, "critical,CA:FALSE");
        add_extension(c.x509, NID_subject_alt_name, "DNS:localhost");
        X509_sign(c.x509, ca->key, EVP_sha256());
        return c;
}

void cert_release(struct cert *c) {
        EVP_PKEY_free(c->key);
        X509_free(c->x509);
}

static char *take(BIO *bio) {
        char *bytes, *copy;
        long len = BIO_get_mem_data(bio, &bytes);

        copy = strndup(bytes, (size_t)len);
        BIO_free(bio);
        return copy;
}

char *cert_pem(const struct cert *c) {
        BIO *bio = BIO_new(BIO_s_mem());

        PEM_write_bio_X509(bio, c->x509);
        return take(bio);
}

char *key_pem(const struct cert *c) {
        BIO *bio = BIO_new(BIO_s_mem());

        PEM_write_bio_PrivateKey_traditional(bio, c->key, NULL, NULL, 0, NULL, NULL);
        return take(bio);
}

void cert_write_text(const char *dir, const char *name, const char *text) {
        char path[PATH_MAX];
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", dir, name);
        f = fopen(path, "we");
        assert_non_null(f);
        fputs(text, f);
        assert_int_equal(fclose(f), 0);
}

void cert_write(const char *dir, const struct cert *leaf, const struct cert *ca) {
        char *certificate = cert_pem(leaf), *key = key_pem(leaf), *authority = cert_pem(ca);

        cert_write_text(dir, "tls.crt", certificate);
        cert_write_text(dir, "tls.key", key);
        cert_write_text(dir, "ca.crt", authority);
        free(certificate);
        free(key);
        free(authority);
}
