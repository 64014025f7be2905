/* SPDX-License-Identifier: Apache-2.0 */
#include "futexes.h"

#include "base/fault.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

static struct futexes *futexes;

#if FUTEXES_ARE_COUNTED

/* futex(), and the address behind it, which the filter lets pass. */
long futexes_call(long address, long op, long value, long timeout, long address2, long value3);
extern const char futexes_called[];

#if defined(__x86_64__)
__asm__(".globl futexes_call, futexes_called\n"
        ".type futexes_call, @function\n"
        "futexes_call:\n"
        "        movl $202, %eax\n"
        "        movq %rcx, %r10\n"
        "        syscall\n"
        "futexes_called:\n"
        "        ret\n"
        ".size futexes_call, . - futexes_call\n");

static void make(ucontext_t *u) {
        greg_t *r = u->uc_mcontext.gregs;

        r[REG_RAX] =
                futexes_call(r[REG_RDI], r[REG_RSI], r[REG_RDX], r[REG_R10], r[REG_R8], r[REG_R9]);
}
#else
__asm__(".globl futexes_call, futexes_called\n"
        ".type futexes_call, %function\n"
        "futexes_call:\n"
        "        mov x8, #98\n"
        "        svc #0\n"
        "futexes_called:\n"
        "        ret\n"
        ".size futexes_call, . - futexes_call\n");

static void make(ucontext_t *u) {
        unsigned long long *r = u->uc_mcontext.regs;

        r[0] = (unsigned long long)futexes_call((long)r[0], (long)r[1], (long)r[2], (long)r[3],
                                                (long)r[4], (long)r[5]);
}
#endif

static void count(int signal_number, siginfo_t *info, void *context) {
        (void)signal_number;
        (void)info;
        atomic_fetch_add_explicit(&futexes->n, 1, memory_order_relaxed);
        make(context);
}

/* futex() from anywhere but here is refused with SIGSYS; both of our machines are little-endian. */
static bool install_filter(void) {
        const uint64_t called = (uintptr_t)futexes_called;
        struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_futex, 0, 4),
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                         offsetof(struct seccomp_data, instruction_pointer)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)called, 0, 3),
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                         offsetof(struct seccomp_data, instruction_pointer) + 4),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(called >> 32), 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        };
        struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

        return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
               prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static bool start_counting(void) {
        struct sigaction action = { .sa_sigaction = count, .sa_flags = SA_SIGINFO | SA_NODEFER };

        return sigaction(SIGSYS, &action, NULL) == 0 && install_filter();
}

#else

static bool start_counting(void) {
        return false;
}

#endif

__attribute__((constructor)) static void share(void) {
        const char *fd = getenv(FUTEXES_VARIABLE);

        if (!fd)
                BUG("no " FUTEXES_VARIABLE);
        futexes = mmap(NULL, sizeof(*futexes), PROT_READ | PROT_WRITE, MAP_SHARED, atoi(fd), 0);
        if (futexes == MAP_FAILED)
                BUG(FUTEXES_VARIABLE " is no memory file");
        futexes->is_counting = start_counting();
}
