/* SPDX-License-Identifier: Apache-2.0 */
#include "server/verify.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>

/* SHA-1 gives 63; what is used today 112 and more. */
enum { MIN_SECURITY_BITS = 80 };

static bool is_in_time(const X509 *certificate) {
        return X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0 &&
               X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
}

static const char *check_leaf(X509 *leaf) {
        uint32_t flags = X509_get_extension_flags(leaf);
        int bits = 0;

        if (flags & (EXFLAG_INVALID | EXFLAG_CRITICAL))
                return "the certificate has an extension that cannot be honoured";
        if (!is_in_time(leaf))
                return "the certificate has expired, or is not valid yet";
        if (!(flags & EXFLAG_XKUSAGE) || !(X509_get_extended_key_usage(leaf) & XKU_SSL_CLIENT))
                return "the certificate is not for clients";
        if (!X509_get_signature_info(leaf, NULL, NULL, &bits, NULL) || bits < MIN_SECURITY_BITS)
                return "the certificate's signature is weak";
        return NULL;
}

static const char *check_issuer(X509 *leaf, X509 *ca) {
        EVP_PKEY *key = X509_get0_pubkey(ca);

        if (X509_NAME_cmp(X509_get_issuer_name(leaf), X509_get_subject_name(ca)) != 0 || !key ||
            X509_verify(leaf, key) != 1)
                return "the certificate is signed by an unknown authority";
        /* 1 is a CA by its basic constraints; the other answers are leniency for old ones. */
        if (X509_check_ca(ca) != 1)
                return "the certificate's issuer is no authority";
        if (!is_in_time(ca))
                return "the authority has expired, or is not valid yet";
        return NULL;
}

static const char *check(X509 *leaf, const STACK_OF(X509) * cas) {
        const char *refusal = check_leaf(leaf);

        if (refusal)
                return refusal;
        for (int i = 0; i < sk_X509_num(cas); i++) {
                const char *reason = check_issuer(leaf, sk_X509_value(cas, i));

                if (!reason)
                        return NULL;
                refusal = reason;
        }
        return refusal ? refusal : "there is no authority";
}

const char *verify_refusal(const char *pem, const STACK_OF(X509) * cas) {
        BIO *bio = pem ? BIO_new_mem_buf(pem, -1) : NULL;
        X509 *leaf = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
        const char *refusal = leaf ? check(leaf, cas) : "the client shows no certificate";

        X509_free(leaf);
        BIO_free(bio);
        return refusal;
}
