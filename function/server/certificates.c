/* SPDX-License-Identifier: Apache-2.0 */
#include "server/certificates.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 1024 * 1024 };

static const char *const file_names[N_MATERIAL_FILES] = {
        [FILE_CERTIFICATE] = "tls.crt",
        [FILE_KEY] = "tls.key",
        [FILE_CA] = "ca.crt",
};

void certificates_release(struct certificates *m) {
        for (size_t i = 0; i < N_MATERIAL_FILES; i++)
                BIO_free(m->files[i]);
        sk_X509_pop_free(m->cas, X509_free);
}

void certificates_path(const char *dir, enum certificates_file file, char ret[PATH_MAX]) {
        snprintf(ret, PATH_MAX, "%s/%s", dir, file_names[file]);
}

static int read_file(const char *dir, enum certificates_file file, BIO **ret, struct fault *fault) {
        char path[PATH_MAX], buffer[4096];
        struct stat status;
        size_t total = 0;
        ssize_t n;
        int fd;

        certificates_path(dir, file, path);
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe would wait for its writer */
        if (fd < 0) {
                fault_set(fault, "cannot read %s: %s", path, strerror(errno));
                return -EINVAL;
        }
        if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
                close(fd);
                fault_set(fault, "cannot read %s: it is not a regular file", path);
                return -EINVAL;
        }
        *ret = BIO_new(BIO_s_mem());
        while ((n = read(fd, buffer, sizeof(buffer))) > 0 && total <= FILE_MAX_BYTES) {
                BIO_write(*ret, buffer, (int)n);
                total += (size_t)n;
        }
        OPENSSL_cleanse(buffer, sizeof(buffer));
        close(fd);
        if (n == 0)
                return 0;
        fault_set(fault, "cannot read %s: %s", path, n < 0 ? strerror(errno) : "it is too large");
        return -EINVAL;
}

static int no_password(char *buffer, int size, int is_writing, void *argument) {
        (void)buffer;
        (void)size;
        (void)is_writing;
        (void)argument;
        return 0;
}

/* The bytes stay in m; each reader gets them from the start. */
static BIO *rewound(const struct certificates *m, enum certificates_file file) {
        char *bytes;
        long len = BIO_get_mem_data(m->files[file], &bytes);

        return BIO_new_mem_buf(bytes, (int)len);
}

static STACK_OF(X509) *
        read_certificates(const struct certificates *m, enum certificates_file file) {
        STACK_OF(X509) *all = sk_X509_new_null();
        BIO *bio = rewound(m, file);
        X509 *one;

        while ((one = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
                sk_X509_push(all, one);
        ERR_clear_error(); /* the end of the file is an error to OpenSSL */
        BIO_free(bio);
        return all;
}

static EVP_PKEY *read_key(const struct certificates *m) {
        BIO *bio = rewound(m, FILE_KEY);
        EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);

        ERR_clear_error();
        BIO_free(bio);
        return key;
}

static int64_t expiry_of(const X509 *certificate) {
        struct tm utc;

        return ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &utc) == 1 ? timegm(&utc) : 0;
}

static int64_t first_expiry_of(const STACK_OF(X509) * all) {
        int64_t first = INT64_MAX;

        for (int i = 0; i < sk_X509_num(all); i++) {
                int64_t expiry = expiry_of(sk_X509_value(all, i));

                first = expiry < first ? expiry : first;
        }
        return first;
}

static const char *check_pair(struct certificates *m) {
        STACK_OF(X509) *chain = read_certificates(m, FILE_CERTIFICATE);
        EVP_PKEY *key = read_key(m);
        const char *wrong = NULL;

        if (sk_X509_num(chain) < 1)
                wrong = "tls.crt holds no certificate";
        else if (!key)
                wrong = "tls.key holds no private key";
        else if (X509_check_private_key(sk_X509_value(chain, 0), key) != 1)
                wrong = "tls.key is not the key of tls.crt";
        else
                m->certificate_expiry_seconds = expiry_of(sk_X509_value(chain, 0));
        ERR_clear_error();
        EVP_PKEY_free(key);
        sk_X509_pop_free(chain, X509_free);
        return wrong;
}

static int check_material(const char *dir, struct certificates *m, struct fault *fault) {
        const char *wrong = check_pair(m);

        m->cas = read_certificates(m, FILE_CA);
        if (!wrong && sk_X509_num(m->cas) < 1)
                wrong = "ca.crt holds no certificate";
        for (int i = 0; !wrong && i < sk_X509_num(m->cas); i++) {
                if (X509_check_ca(sk_X509_value(m->cas, i)) != 1)
                        wrong = "ca.crt holds a certificate that is no authority";
        }
        m->ca_expiry_seconds = first_expiry_of(m->cas);
        if (!wrong)
                return 0;
        fault_set(fault, "cannot use the certificates in %s: %s", dir, wrong);
        return -EINVAL;
}

int certificates_read(const char *dir, struct certificates *ret, struct fault *fault) {
        int r = 0;

        for (enum certificates_file file = 0; r == 0 && file < N_MATERIAL_FILES; file++)
                r = read_file(dir, file, &ret->files[file], fault);
        return r < 0 ? r : check_material(dir, ret, fault);
}

const char *certificates_expired(int64_t certificate_expiry_seconds, int64_t ca_expiry_seconds) {
        int64_t now = time(NULL);

        if (certificate_expiry_seconds <= now)
                return file_names[FILE_CERTIFICATE];
        return ca_expiry_seconds <= now ? file_names[FILE_CA] : NULL;
}
