/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sink.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
        QUEUE_BYTES = 64 * 1024,
        /* A line wakes the thread only when it sleeps: so at most 200 times a second. */
        GATHER_MS = 5,
        CLOSE_MS = 500,
};

struct entry {
        struct sink_record record; /* its bytes follow in the queue */
        uint64_t n_unreported;     /* lines dropped before it, which it reports */
};

static struct {
        pthread_mutex_t lock; /* of all but is_cut */
        pthread_cond_t changed;
        pthread_t thread;
        bool has_thread;
        bool is_waiting; /* the thread, for a line */
        bool is_closing;
        bool is_done;            /* the thread */
        char queue[QUEUE_BYTES]; /* a ring: an entry, its bytes, the next entry */
        size_t begin, len;
        uint64_t n_unreported;
        uint64_t n_dropped;

        bool is_cut; /* what was written last is a part of a line */
} state = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

/* ---- the queue ------------------------------------------------------------------------------- */

static void push(const void *bytes, size_t n) {
        size_t at = (state.begin + state.len) % QUEUE_BYTES;
        size_t first = n < QUEUE_BYTES - at ? n : QUEUE_BYTES - at;

        memcpy(state.queue + at, bytes, first);
        memcpy(state.queue, (const char *)bytes + first, n - first);
        state.len += n;
}

static void pop(void *ret, size_t n) {
        size_t first = n < QUEUE_BYTES - state.begin ? n : QUEUE_BYTES - state.begin;

        memcpy(ret, state.queue + state.begin, first);
        memcpy((char *)ret + first, state.queue, n - first);
        state.begin = (state.begin + n) % QUEUE_BYTES;
        state.len -= n;
}

/* A line is lost, and with it what it reports. The lock is held. */
static void lose(uint64_t n_unreported) {
        state.n_unreported += n_unreported + 1;
        state.n_dropped++;
}

/* What the next line has to report. The lock is held. */
static uint64_t take_unreported(void) {
        uint64_t n = state.n_unreported;

        state.n_unreported = 0;
        return n;
}

/* ---- stderr ---------------------------------------------------------------------------------- */

/* Returns how much of it was written: all, unless stderr takes no more. */
static size_t write_whole(const char *bytes, size_t len) {
        struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
        size_t at = 0;

        while (at < len) {
                ssize_t n = write(STDERR_FILENO, bytes + at, len - at);

                if (n > 0)
                        at += (size_t)n;
                else if (n < 0 && errno == EAGAIN) /* another process that shares it made it so */
                        poll(&out, 1, -1);
                else if (n == 0 || errno != EINTR)
                        break;
        }
        return at;
}

/* The line of an entry, whose record has its bytes now. */
static bool write_line(const struct entry *entry) {
        const struct sink_record *record = &entry->record;
        struct sink_line line;
        size_t n;

        if (state.is_cut && write_whole("\n", 1) != 1)
                return false;
        record->format(record->bytes, record->len, entry->n_unreported, &line);
        n = write_whole(line.data, line.len);
        state.is_cut = n > 0 && n < line.len; /* a file, and the disk is full */
        return n == line.len;
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void write_queued(void) {
        char bytes[SINK_LINE_MAX];
        struct entry entry;
        bool written;

        while (state.len > 0) {
                pop(&entry, sizeof(entry));
                pop(bytes, entry.record.len);
                entry.record.bytes = bytes;
                pthread_mutex_unlock(&state.lock);
                written = write_line(&entry);
                pthread_mutex_lock(&state.lock);
                if (!written)
                        lose(entry.n_unreported);
        }
}

static void *write_all(void *argument) {
        const struct timespec gather = { .tv_nsec = GATHER_MS * 1000000 };

        (void)argument;
        pthread_mutex_lock(&state.lock);
        while (!state.is_closing) {
                state.is_waiting = true;
                while (state.len == 0 && !state.is_closing)
                        pthread_cond_wait(&state.changed, &state.lock);
                state.is_waiting = false;
                pthread_mutex_unlock(&state.lock);
                nanosleep(&gather, NULL);
                pthread_mutex_lock(&state.lock);
                write_queued();
        }
        write_queued(); /* it may close before this thread has begun */
        state.is_done = true;
        pthread_cond_broadcast(&state.changed);
        pthread_mutex_unlock(&state.lock);
        return NULL;
}

int sink_open(void) {
        int r = pthread_create(&state.thread, NULL, write_all, NULL);

        if (r != 0)
                return -r;
        pthread_setname_np(state.thread, "log");
        state.has_thread = true;
        return 0;
}

static struct timespec from_now(long ms) {
        struct timespec t;

        clock_gettime(CLOCK_REALTIME, &t);
        t.tv_nsec += ms * 1000000;
        t.tv_sec += t.tv_nsec / 1000000000;
        t.tv_nsec %= 1000000000;
        return t;
}

void sink_close(void) {
        struct timespec until = from_now(CLOSE_MS);
        bool is_done;

        if (!state.has_thread)
                return;
        pthread_mutex_lock(&state.lock);
        state.is_closing = true;
        pthread_cond_broadcast(&state.changed);
        while (!state.is_done &&
               pthread_cond_timedwait(&state.changed, &state.lock, &until) != ETIMEDOUT)
                continue;
        is_done = state.is_done;
        pthread_mutex_unlock(&state.lock);
        if (is_done)
                pthread_join(state.thread, NULL);
        else /* it hangs in a write, which the end of the process ends */
                pthread_detach(state.thread);
}

/* ---- lines ----------------------------------------------------------------------------------- */

void sink_put(const struct sink_record *record) {
        struct entry entry = { .record = *record };

        pthread_mutex_lock(&state.lock);
        if (state.has_thread && sizeof(entry) + record->len > QUEUE_BYTES - state.len) {
                lose(0);
                pthread_mutex_unlock(&state.lock);
                return;
        }
        entry.n_unreported = take_unreported();
        if (state.has_thread) {
                push(&entry, sizeof(entry));
                push(record->bytes, record->len);
                if (state.is_waiting)
                        pthread_cond_signal(&state.changed);
        } else if (!write_line(&entry)) {
                lose(entry.n_unreported);
        }
        pthread_mutex_unlock(&state.lock);
}

uint64_t sink_n_dropped(void) {
        uint64_t n;

        pthread_mutex_lock(&state.lock);
        n = state.n_dropped;
        pthread_mutex_unlock(&state.lock);
        return n;
}
