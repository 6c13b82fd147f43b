/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which system call the current process is in. */
#ifndef CHAPERONE_CURRENT_CALL_H
#define CHAPERONE_CURRENT_CALL_H

#include "syscall.h"

#if defined(__TARGET_ARCH_x86)

enum call {
	CALL_READ = 0, CALL_PREAD64 = 17, CALL_READV = 19, CALL_SENDFILE = 40, CALL_SPLICE = 275, CALL_PREADV = 295, CALL_PREADV2 = 327,
	CALL_PTRACE = 101, CALL_VM_READV = 310, CALL_VM_WRITEV = 311, CALL_PIDFD_GETFD = 438,
	COMPAT_PTRACE = 26, COMPAT_VM_READV = 347, COMPAT_VM_WRITEV = 348,
};

#elif defined(__TARGET_ARCH_arm64)

enum call {
	CALL_READ = 63, CALL_PREAD64 = 67, CALL_READV = 65, CALL_SENDFILE = 71, CALL_SPLICE = 76, CALL_PREADV = 69, CALL_PREADV2 = 286,
	CALL_PTRACE = 117, CALL_VM_READV = 270, CALL_VM_WRITEV = 271, CALL_PIDFD_GETFD = 438,
	COMPAT_PTRACE = 26, COMPAT_VM_READV = 376, COMPAT_VM_WRITEV = 377,
};

#endif

static __always_inline __u32 current_call(void)
{
	return number_of_call((void *)bpf_task_pt_regs(bpf_get_current_task_btf()));
}

static __always_inline bool is_reading_call(__u32 call)
{
	switch (call) {
	case CALL_READ:
	case CALL_PREAD64:
	case CALL_READV:
	case CALL_SENDFILE:
	case CALL_SPLICE:
	case CALL_PREADV:
	case CALL_PREADV2:
		return !is_compat_call();
	default:
		return false;
	}
}

#endif
