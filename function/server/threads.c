/* SPDX-License-Identifier: Apache-2.0 */
#include "server/threads.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
        CORES_MIN = 2,
        CORES_MAX = 16, /* with more, it would still need to be very busy to use as many */
        N_TIMERS = 4,   /* and who manages them */
        N_SPARE = 2,
};

/* Under load: gRPC core 1.51 has two executors of two threads for each core, and a pool of one. */
static unsigned int n_of_grpc(void) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);

        if (cores < CORES_MIN)
                cores = CORES_MIN;
        if (cores > CORES_MAX)
                cores = CORES_MAX;
        return (2 * 2 + 1) * (unsigned int)cores + N_TIMERS + N_SPARE;
}

static void *wait_for_the_others(void *lock) {
        pthread_mutex_lock(lock);
        pthread_mutex_unlock(lock);
        return NULL;
}

/* How many of n can be there at once; *ret_error says why it is not n. */
static unsigned int start(pthread_t *threads, unsigned int n, int *ret_error) {
        pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
        pthread_attr_t small;
        unsigned int i;

        *ret_error = pthread_attr_init(&small);
        if (*ret_error != 0)
                return 0;
        pthread_attr_setstacksize(&small, (size_t)PTHREAD_STACK_MIN);
        pthread_mutex_lock(&lock);
        for (i = 0; i < n; i++) {
                *ret_error = pthread_create(&threads[i], &small, wait_for_the_others, &lock);
                if (*ret_error != 0)
                        break;
        }
        pthread_mutex_unlock(&lock);
        for (unsigned int k = 0; k < i; k++)
                pthread_join(threads[k], NULL);
        pthread_mutex_destroy(&lock);
        pthread_attr_destroy(&small);
        return i;
}

int threads_check(unsigned int n_ours, struct fault *fault) {
        unsigned int n = n_ours + n_of_grpc(), n_started;
        pthread_t *threads = calloc(n, sizeof(*threads));
        int error;

        if (!threads)
                BUG("no memory at the start");
        n_started = start(threads, n, &error);
        free(threads);
        if (n_started == n)
                return 0;
        fault_set(fault, "cannot start %u threads, only %u: %s", n, n_started, strerror(error));
        return -error;
}
