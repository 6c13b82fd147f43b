/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A system call at its end: its number and arguments, as the kernel kept them since its begin. */
#ifndef CHAPERONE_SYSCALL_H
#define CHAPERONE_SYSCALL_H

#include "kernel.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)

struct pt_regs {
	unsigned long bp, bx, r10, r9, r8, cx, dx, si, di, orig_ax;
};

struct thread_info {
	__u32 status;
};

struct task_struct___compat {
	struct thread_info thread_info;
};

#elif defined(__TARGET_ARCH_arm64)

struct pt_regs {
	__u64 regs[31];
	__u64 orig_x0;
	__s32 syscallno;
};

#else
#error "no system calls are known for this architecture"
#endif

#pragma clang attribute pop

static __always_inline __u32 number_of_call(struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	return regs->orig_ax;
#else
	return regs->syscallno;
#endif
}

/* Whether a 64-bit kernel runs a 32-bit call, whose numbers are others. On arm64 such calls are not looked at. */
static __always_inline bool is_compat_call(void)
{
#if defined(__TARGET_ARCH_x86)
	struct task_struct___compat *current = (void *)bpf_get_current_task();

	return BPF_CORE_READ(current, thread_info.status) & 0x2; /* TS_COMPAT, arch/x86/include/asm/thread_info.h */
#else
	return false;
#endif
}

static __always_inline __u64 first_argument(struct pt_regs *regs, bool compat)
{
#if defined(__TARGET_ARCH_x86)
	return compat ? (__u32)regs->bx : regs->di;
#else
	return regs->orig_x0;
#endif
}

static __always_inline __u64 second_argument(struct pt_regs *regs, bool compat)
{
#if defined(__TARGET_ARCH_x86)
	return compat ? (__u32)regs->cx : regs->si;
#else
	return regs->regs[1];
#endif
}

static __always_inline void read_arguments(__u64 arguments[8], struct pt_regs *regs, bool compat)
{
#if defined(__TARGET_ARCH_x86)
	arguments[0] = first_argument(regs, compat);
	arguments[1] = second_argument(regs, compat);
	arguments[2] = compat ? (__u32)regs->dx : regs->dx;
	arguments[3] = compat ? (__u32)regs->si : regs->r10;
	arguments[4] = compat ? (__u32)regs->di : regs->r8;
	arguments[5] = compat ? (__u32)regs->bp : regs->r9;
#else
	arguments[0] = first_argument(regs, compat);
	arguments[1] = second_argument(regs, compat);
	arguments[2] = regs->regs[2];
	arguments[3] = regs->regs[3];
	arguments[4] = regs->regs[4];
	arguments[5] = regs->regs[5];
#endif
}

#endif
