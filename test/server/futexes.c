/* SPDX-License-Identifier: Apache-2.0 */
#include "futexes.h"

#include "base/fault.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

static struct futexes *futexes;

#if FUTEXES_ARE_COUNTED

enum { N_ARGUMENTS = 6 };

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

static void read_arguments(const ucontext_t *u, long ret[N_ARGUMENTS]) {
        static const int registers[] = { REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9 };

        for (size_t i = 0; i < N_ARGUMENTS; i++)
                ret[i] = u->uc_mcontext.gregs[registers[i]];
}

static void set_result(ucontext_t *u, long result) {
        u->uc_mcontext.gregs[REG_RAX] = result;
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

static void read_arguments(const ucontext_t *u, long ret[N_ARGUMENTS]) {
        for (size_t i = 0; i < N_ARGUMENTS; i++)
                ret[i] = (long)u->uc_mcontext.regs[i];
}

static void set_result(ucontext_t *u, long result) {
        u->uc_mcontext.regs[0] = (unsigned long long)result;
}
#endif

/*
 * rt_sigprocmask(), without SIGSYS: where that is blocked the kernel ends the program
 * instead, and a thread that begins or ends blocks every signal. The mask is the
 * one that the return from the handler sets.
 */
static long mask_signals(ucontext_t *u, int how, const uint64_t *set, uint64_t *ret_old) {
        uint64_t old, now, sigsys = UINT64_C(1) << (SIGSYS - 1);

        memcpy(&old, &u->uc_sigmask, sizeof(old));
        now = !set ? old : how == SIG_BLOCK ? old | *set : how == SIG_UNBLOCK ? old & ~*set : *set;
        now &= ~sigsys;
        memcpy(&u->uc_sigmask, &now, sizeof(now));
        if (ret_old)
                *ret_old = old;
        return 0;
}

static void handle(int signal_number, siginfo_t *info, void *context) {
        long a[N_ARGUMENTS];

        (void)signal_number;
        read_arguments(context, a);
        if (info->si_syscall == SYS_rt_sigprocmask) {
                set_result(context, mask_signals(context, (int)a[0], (const uint64_t *)a[1],
                                                 (uint64_t *)a[2]));
                return;
        }
        atomic_fetch_add_explicit(&futexes->n, 1, memory_order_relaxed);
        set_result(context, futexes_call(a[0], a[1], a[2], a[3], a[4], a[5]));
}

/* Both calls raise SIGSYS, but futex() from here; both of our machines are little-endian. */
static bool install_filter(void) {
        const uint64_t called = (uintptr_t)futexes_called;
        struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigprocmask, 6, 0),
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
        struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_NODEFER };

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
