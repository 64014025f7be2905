/* SPDX-License-Identifier: Apache-2.0 */
#include "server/tls.h"

#include "server/log.h"
#include "server/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <grpc/support/string_util.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/*
 * Core's own watcher of files takes whatever it finds, and a listener does not
 * survive a broken pair. So it watches a file in memory that only we write: key
 * and certificate of a directory that was read whole and checked. It is replaced
 * in one step, by dup3() over the descriptor in the path that core opens.
 */

enum { FILE_MAX_BYTES = 1024 * 1024, WATCH_MS = 500, CORE_WATCH_SECONDS = 1 };

enum file { FILE_CERTIFICATE, FILE_KEY, FILE_CA, N_FILES };

static const char *const file_names[N_FILES] = {
        [FILE_CERTIFICATE] = "tls.crt",
        [FILE_KEY] = "tls.key",
        [FILE_CA] = "ca.crt",
};

struct tls {
        const char *dir;
        int published; /* the file in memory */
        char published_path[32];
        grpc_tls_certificate_verifier_external verifier;
        struct stat seen[N_FILES];
        time_t generation;

        pthread_mutex_t lock; /* of what follows */
        STACK_OF(X509) * cas;
        struct tls_facts facts;
        bool is_asked; /* to read the files now */
        bool is_closing;

        pthread_cond_t awake; /* one of these two was set */
        pthread_t thread;
};

/* What a directory held at one moment. */
struct material {
        BIO *files[N_FILES];
        STACK_OF(X509) * cas;
        int64_t certificate_expiry_seconds;
        int64_t ca_expiry_seconds;
};

static void material_release(struct material *m) {
        for (size_t i = 0; i < N_FILES; i++)
                BIO_free(m->files[i]);
        sk_X509_pop_free(m->cas, X509_free);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void file_path(const struct tls *t, enum file file, char ret[PATH_MAX]) {
        snprintf(ret, PATH_MAX, "%s/%s", t->dir, file_names[file]);
}

static int read_file(const struct tls *t, enum file file, BIO **ret, struct fault *fault) {
        char path[PATH_MAX], buffer[4096];
        struct stat status;
        size_t total = 0;
        ssize_t n;
        int fd;

        file_path(t, file, path);
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
static BIO *rewound(const struct material *m, enum file file) {
        char *bytes;
        long len = BIO_get_mem_data(m->files[file], &bytes);

        return BIO_new_mem_buf(bytes, (int)len);
}

static STACK_OF(X509) * read_certificates(const struct material *m, enum file file) {
        STACK_OF(X509) *all = sk_X509_new_null();
        BIO *bio = rewound(m, file);
        X509 *one;

        while ((one = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
                sk_X509_push(all, one);
        ERR_clear_error(); /* the end of the file is an error to OpenSSL */
        BIO_free(bio);
        return all;
}

static EVP_PKEY *read_key(const struct material *m) {
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

static const char *check_pair(struct material *m) {
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

static int check_material(const struct tls *t, struct material *m, struct fault *fault) {
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
        fault_set(fault, "cannot use the certificates in %s: %s", t->dir, wrong);
        return -EINVAL;
}

static int read_material(const struct tls *t, struct material *ret, struct fault *fault) {
        int r = 0;

        for (enum file file = 0; r == 0 && file < N_FILES; file++)
                r = read_file(t, file, &ret->files[file], fault);
        return r < 0 ? r : check_material(t, ret, fault);
}

/* ---- publishing ------------------------------------------------------------------------------ */

static int write_published(const struct tls *t, const struct material *m) {
        /* Core asks before and after reading whether the time has changed, in seconds. */
        const struct timespec times[2] = { { .tv_sec = t->generation },
                                           { .tv_sec = t->generation } };
        static const enum file order[] = { FILE_KEY, FILE_CERTIFICATE };
        int fd = memfd_create("tls", MFD_CLOEXEC);

        if (fd < 0)
                return -errno;
        for (size_t i = 0; i < 2; i++) {
                char *bytes;
                long len = BIO_get_mem_data(m->files[order[i]], &bytes);

                if (write(fd, bytes, (size_t)len) != len || write(fd, "\n", 1) != 1) {
                        close(fd);
                        return -EIO;
                }
        }
        futimens(fd, times);
        return fd;
}

static int publish(struct tls *t, struct material *m, struct fault *fault) {
        STACK_OF(X509) * old;
        int fd;

        t->generation++;
        fd = write_published(t, m);
        if (fd < 0) {
                fault_set(fault, "cannot hold the certificates in memory: %s", strerror(-fd));
                return fd;
        }
        if (t->published < 0) {
                t->published = fd;
        } else {
                dup3(fd, t->published, O_CLOEXEC);
                close(fd);
        }
        pthread_mutex_lock(&t->lock);
        old = t->cas;
        t->cas = m->cas;
        m->cas = NULL;
        t->facts.certificate_expiry_seconds = m->certificate_expiry_seconds;
        t->facts.ca_expiry_seconds = m->ca_expiry_seconds;
        pthread_mutex_unlock(&t->lock);
        sk_X509_pop_free(old, X509_free);
        return 0;
}

static int load(struct tls *t, struct fault *fault) {
        struct material m = { 0 };
        int r = read_material(t, &m, fault);

        if (r == 0)
                r = publish(t, &m, fault);
        material_release(&m);
        return r;
}

/* ---- watching -------------------------------------------------------------------------------- */

/* Has any file changed since the last look? Remembers what it sees. */
static bool look(struct tls *t) {
        bool changed = false;

        for (enum file file = 0; file < N_FILES; file++) {
                struct stat now = { 0 }, *seen = &t->seen[file];
                char path[PATH_MAX];

                file_path(t, file, path);
                if (stat(path, &now) < 0)
                        now = (struct stat) { 0 };
                changed |= now.st_ino != seen->st_ino || now.st_size != seen->st_size ||
                           now.st_mtim.tv_sec != seen->st_mtim.tv_sec ||
                           now.st_mtim.tv_nsec != seen->st_mtim.tv_nsec;
                *seen = now;
        }
        return changed;
}

static void reload(struct tls *t) {
        struct fault fault = { 0 };
        int r = load(t, &fault);

        pthread_mutex_lock(&t->lock);
        t->facts.n_reloads += r == 0;
        t->facts.n_reload_failures += r < 0;
        pthread_mutex_unlock(&t->lock);
        if (r < 0)
                LOG(LOG_WARN, "the certificates in use are kept",
                    LOG_STRING("error", fault.message));
        else
                LOG(LOG_INFO, "certificates reloaded", LOG_STRING("directory", t->dir));
}

/* Waits one period, or less if it is asked to read; false when it is time to go. */
static bool wait_period(struct tls *t, bool *ret_is_asked) {
        struct timespec until;
        bool is_closing;

        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += WATCH_MS * 1000000;
        if (until.tv_nsec >= 1000000000) {
                until.tv_sec++;
                until.tv_nsec -= 1000000000;
        }
        pthread_mutex_lock(&t->lock);
        while (!t->is_closing && !t->is_asked &&
               pthread_cond_timedwait(&t->awake, &t->lock, &until) == 0)
                continue;
        is_closing = t->is_closing;
        *ret_is_asked = t->is_asked;
        t->is_asked = false;
        pthread_mutex_unlock(&t->lock);
        return !is_closing;
}

/*
 * Files may be written one after the other. What changed is read in the period
 * after the one that saw it, once nothing changes any more.
 */
static void *watch(void *argument) {
        struct tls *t = argument;
        bool is_due = false, is_asked;

        while (wait_period(t, &is_asked)) {
                if (look(t) && !is_asked) {
                        is_due = true;
                } else if (is_due || is_asked) {
                        is_due = false;
                        reload(t);
                }
        }
        return NULL;
}

/* ---- gRPC ------------------------------------------------------------------------------------ */

static int verify(void *user_data, grpc_tls_custom_verification_check_request *request,
                  grpc_tls_on_custom_verification_check_done_cb callback, void *callback_arg,
                  grpc_status_code *sync_status, char **sync_error_details) {
        struct tls *t = user_data;
        const char *refusal;

        (void)callback;
        (void)callback_arg;
        pthread_mutex_lock(&t->lock);
        refusal = peer_refusal(request->peer_info.peer_cert, t->cas);
        t->facts.n_refused += refusal != NULL;
        pthread_mutex_unlock(&t->lock);
        ERR_clear_error();
        *sync_status = GRPC_STATUS_OK;
        if (refusal) {
                *sync_status = GRPC_STATUS_UNAUTHENTICATED;
                *sync_error_details = gpr_strdup(refusal);
                LOG(LOG_WARN, "client refused", LOG_STRING("error", refusal));
        }
        return 1;
}

static void ignore_cancel(void *user_data, grpc_tls_custom_verification_check_request *request) {
        (void)user_data;
        (void)request;
}

static void ignore_destruct(void *user_data) {
        (void)user_data; /* it is a part of struct tls */
}

grpc_server_credentials *tls_credentials(struct tls *t) {
        grpc_tls_credentials_options *options = grpc_tls_credentials_options_create();
        grpc_tls_certificate_verifier *verifier;
        grpc_tls_certificate_provider *provider;

        t->verifier = (grpc_tls_certificate_verifier_external) {
                .user_data = t,
                .verify = verify,
                .cancel = ignore_cancel,
                .destruct = ignore_destruct,
        };
        verifier = grpc_tls_certificate_verifier_external_create(&t->verifier);
        provider = grpc_tls_certificate_provider_file_watcher_create(
                t->published_path, t->published_path, NULL, CORE_WATCH_SECONDS);
        grpc_tls_credentials_options_set_cert_request_type(
                options, GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_BUT_DONT_VERIFY);
        grpc_tls_credentials_options_set_certificate_provider(options, provider);
        grpc_tls_credentials_options_watch_identity_key_cert_pairs(options);
        grpc_tls_credentials_options_set_certificate_verifier(options, verifier);
        grpc_tls_certificate_provider_release(provider);
        grpc_tls_certificate_verifier_release(verifier);
        return grpc_tls_server_credentials_create(options);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void release(struct tls *t) {
        if (t->published >= 0)
                close(t->published);
        sk_X509_pop_free(t->cas, X509_free);
        pthread_cond_destroy(&t->awake);
        pthread_mutex_destroy(&t->lock);
        free(t);
}

int tls_open(const char *dir, struct tls **ret, struct fault *fault) {
        struct tls *t = calloc(1, sizeof(*t));
        int r;

        if (!t)
                return -ENOMEM;
        t->dir = dir;
        t->published = -1;
        pthread_mutex_init(&t->lock, NULL);
        pthread_cond_init(&t->awake, NULL);
        look(t);
        r = load(t, fault);
        if (r == 0) {
                snprintf(t->published_path, sizeof(t->published_path), "/proc/self/fd/%d",
                         t->published);
                r = -pthread_create(&t->thread, NULL, watch, t);
                if (r < 0)
                        fault_set(fault, "cannot start a thread: %s", strerror(-r));
        }
        if (r < 0) {
                release(t);
                return r;
        }
        *ret = t;
        return 0;
}

void tls_facts(struct tls *t, struct tls_facts *ret) {
        pthread_mutex_lock(&t->lock);
        *ret = t->facts;
        pthread_mutex_unlock(&t->lock);
}

void tls_reload(struct tls *t) {
        pthread_mutex_lock(&t->lock);
        t->is_asked = true;
        pthread_cond_signal(&t->awake);
        pthread_mutex_unlock(&t->lock);
}

void tls_close(struct tls *t) {
        pthread_mutex_lock(&t->lock);
        t->is_closing = true;
        pthread_cond_signal(&t->awake);
        pthread_mutex_unlock(&t->lock);
        pthread_join(t->thread, NULL);
        release(t);
}
