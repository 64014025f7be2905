/* SPDX-License-Identifier: Apache-2.0 */
#include "server/tls.h"

#include "server/certificates.h"
#include "server/log.h"
#include "server/verify.h"

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

enum { WATCH_MS = 500, CORE_WATCH_SECONDS = 1 };

struct tls {
        const char *dir;
        int published; /* the file in memory */
        char published_path[32];
        grpc_tls_certificate_verifier_external verifier;
        struct stat seen[N_MATERIAL_FILES];
        time_t generation;
        bool is_expiry_logged; /* of the certificates in use */

        pthread_mutex_t lock; /* of what follows */
        STACK_OF(X509) * cas;
        struct tls_facts facts;
        bool is_asked; /* to read the files now */
        bool is_closing;

        pthread_cond_t awake; /* one of these two was set */
        pthread_t thread;
};

/* ---- publishing ------------------------------------------------------------------------------ */

static int write_published(const struct tls *t, const struct certificates *m) {
        /* Core asks before and after reading whether the time has changed, in seconds. */
        const struct timespec times[2] = { { .tv_sec = t->generation },
                                           { .tv_sec = t->generation } };
        static const enum certificates_file order[] = { FILE_KEY, FILE_CERTIFICATE };
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

static int publish(struct tls *t, struct certificates *m, struct fault *fault) {
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

/* Only the thread that watches writes the facts, after tls_open(): it reads them without the lock.
 */
static const char *expired_file(const struct tls *t) {
        return certificates_expired(t->facts.certificate_expiry_seconds,
                                    t->facts.ca_expiry_seconds);
}

/* An expired certificate is used when there is no better one: a client that accepts it is served.
 */
static bool is_worse(const struct tls *t, const struct certificates *m, struct fault *fault) {
        const char *file =
                certificates_expired(m->certificate_expiry_seconds, m->ca_expiry_seconds);

        if (!file || t->published < 0 || expired_file(t))
                return false;
        fault_set(fault, "cannot use the certificates in %s: %s has expired", t->dir, file);
        return true;
}

static int load(struct tls *t, struct fault *fault) {
        struct certificates m = { 0 };
        int r = certificates_read(t->dir, &m, fault);

        if (r == 0)
                r = is_worse(t, &m, fault) ? -EINVAL : publish(t, &m, fault);
        certificates_release(&m);
        return r;
}

/* Once for each pair, when it is taken into use or when its time comes. */
static void log_expiry(struct tls *t) {
        const char *file = expired_file(t);

        if (file && !t->is_expiry_logged)
                LOG(LOG_WARN, "certificate expired", LOG_STRING("file", file),
                    LOG_STRING("directory", t->dir));
        t->is_expiry_logged = file != NULL;
}

/* ---- watching -------------------------------------------------------------------------------- */

/* Has any file changed since the last look? Remembers what it sees. */
static bool look(struct tls *t) {
        bool changed = false;

        for (enum certificates_file file = 0; file < N_MATERIAL_FILES; file++) {
                struct stat now = { 0 }, *seen = &t->seen[file];
                char path[PATH_MAX];

                certificates_path(t->dir, file, path);
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
        t->is_expiry_logged &= r < 0;
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
                log_expiry(t);
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
        refusal = verify_refusal(request->peer_info.peer_cert, t->cas);
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
        /* Not REQUIRE: OpenSSL would then refuse who shows none, before verify() can count it. */
        grpc_tls_credentials_options_set_cert_request_type(
                options, GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_BUT_DONT_VERIFY);
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

        if (!t) {
                fault_set(fault, "no memory for the certificates");
                return -ENOMEM;
        }
        t->dir = dir;
        t->published = -1;
        pthread_mutex_init(&t->lock, NULL);
        pthread_cond_init(&t->awake, NULL);
        look(t);
        r = load(t, fault);
        if (r == 0) {
                log_expiry(t);
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
