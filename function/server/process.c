/* SPDX-License-Identifier: Apache-2.0 */
#include "server/process.h"

#include "server/prometheus.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

int64_t process_resident_bytes(void) {
        FILE *f = fopen("/proc/self/statm", "re");
        long long pages = -1;

        if (!f)
                return -1;
        /* NOLINTNEXTLINE(cert-err34-c): the kernel writes numbers that fit */
        if (fscanf(f, "%*s %lld", &pages) != 1)
                pages = -1;
        fclose(f);
        return pages < 0 ? -1 : pages * sysconf(_SC_PAGESIZE);
}

static int64_t open_files(void) {
        DIR *dir = opendir("/proc/self/fd");
        int64_t n = 0;

        if (!dir)
                return -1;
        for (const struct dirent *entry; (entry = readdir(dir));)
                n += entry->d_name[0] != '.';
        closedir(dir);
        return n - 1; /* the one that was opened to look */
}

static int64_t max_files(void) {
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
                return -1;
        return (int64_t)limit.rlim_cur;
}

static uint64_t cpu_nanoseconds(void) {
        struct rusage usage = { 0 };
        uint64_t microseconds;

        getrusage(RUSAGE_SELF, &usage);
        microseconds = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
                       (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
        return microseconds * 1000;
}

static void write_known(struct builder *out, const char *name, const char *help, int64_t value) {
        if (value >= 0)
                prometheus_single(out, name, "gauge", help, value);
}

void process_write(int64_t started_seconds, struct builder *out) {
        const struct series cpu = { .name = "process_cpu_seconds_total" };

        write_known(out, "process_start_time_seconds", "When this process began to serve.",
                    started_seconds);
        prometheus_head(out, cpu.name, "counter", "Processor time, of user and system.");
        prometheus_seconds(out, &cpu, cpu_nanoseconds());
        write_known(out, "process_resident_memory_bytes", "Resident memory.",
                    process_resident_bytes());
        write_known(out, "process_open_fds", "Open files.", open_files());
        write_known(out, "process_max_fds", "Most files that may be open.", max_files());
}
