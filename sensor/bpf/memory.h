/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Who reaches into another process's memory. */
#ifndef CHAPERONE_MEMORY_H
#define CHAPERONE_MEMORY_H

#include "current-call.h"
#include "tasks.h"
#include "tier.h"

/* Of the mode that security_ptrace_access_check is asked about (include/linux/ptrace.h). */
#define PTRACE_MODE_ATTACH 0x02
#define PTRACE_MODE_FSCREDS 0x08

/* task_struct.ptrace: attached without a signal (include/linux/ptrace.h). */
#define PT_SEIZED 0x00010000

#define SIGCHLD 17
#define SIGSTOP 19
/* In place of a signal's description: the kernel itself sends it (include/linux/sched/signal.h). */
#define SEND_SIG_PRIV ((struct kernel_siginfo *)1)
/* Why a tracer is told of its tracee: it stopped, for the one reason or the other (include/uapi/asm-generic/siginfo.h). */
#define CLD_TRAPPED 4
#define CLD_STOPPED 5

struct access {
	__u64 image;
	__u64 target_start;
	__u32 tgid, target_tgid;
	__u32 way;
	__u32 pad;
};

/* What was told before. Inserted and read by every hook in here; the least recently used make room, and are then told again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct access);
	__type(value, __u8);
} accesses SEC(".maps");

/* Who copies a process's memory does so by many calls. */
static __always_inline bool is_repeated_access(struct memory_event *event)
{
	struct access key = {
		.image = event->header.image,
		.target_start = event->target_start,
		.tgid = event->header.tgid,
		.target_tgid = event->target_tgid,
		.way = event->way,
	};
	__u8 present = 1;

	return (int)bpf_map_update_elem(&accesses, &key, &present, BPF_NOEXIST) == -17; /* EEXIST; int: see connect.h */
}

/* `task` is the accessor's entry; the header is described. */
static __always_inline void tell_access(struct memory_event *event, struct task_struct *target, enum scope scope)
{
	struct task *known;

	event->target_tgid = BPF_CORE_READ(target, tgid);
	event->target_start = BPF_CORE_READ(target, group_leader, start_boottime);
	if (scope != PROOF && is_repeated_access(event))
		return;
	event->target_ns_tgid = namespace_tgid(target);
	known = bpf_map_lookup_elem(&tasks, &event->target_tgid);
	event->target_image = known ? known->image : 0;
	bpf_probe_read_kernel_str(event->target_name, sizeof(event->target_name), BPF_CORE_READ(target, group_leader, comm));
	number(&event->header, FRAME_MEMORY, scope);
	send(&event->header, FRAME_MEMORY, sizeof(*event));
}

/*
 * Which call leads to the check. A file of /proc is checked when it is opened only if it is `mem`; the others that ask for as much are checked
 * when they are read, and give no memory. The numbers of 32-bit calls belong to calls without this check among the 64-bit ones.
 */
static __always_inline enum memory_way way_of(__u32 mode, __u32 call)
{
	if (mode & PTRACE_MODE_FSCREDS)
		return is_reading_call(call) ? 0 : WAY_PROC_MEM;
	switch (call) {
	case CALL_PTRACE:
	case COMPAT_PTRACE:
		return WAY_PTRACE;
	case CALL_VM_READV:
	case COMPAT_VM_READV:
		return WAY_VM_READ;
	case CALL_VM_WRITEV:
	case COMPAT_VM_WRITEV:
		return WAY_VM_WRITE;
	case CALL_PIDFD_GETFD:
		return WAY_DESCRIPTOR;
	default:
		return WAY_OTHER;
	}
}

/* `result` is what the kernel's security modules answered: 0, or why not. */
static __always_inline void on_access(struct task_struct *target, __u32 mode, int result, enum tier_hook hook)
{
	struct memory_event event = {.hook = hook, .denied = result != 0};
	enum scope scope;

	if (!(mode & PTRACE_MODE_ATTACH))
		return;
	scope = scope_of_current();
	if (!is_told(scope) || !is_chosen(hook, scope))
		return;
	event.way = way_of(mode, current_call());
	if (!event.way)
		return;
	describe(&event.header, FRAME_MEMORY, sizeof(event), current_task());
	tell_access(&event, target, scope);
}

/* An attached process is stopped by the kernel itself, in the context of the one that attaches. */
static __always_inline void on_attach_signal(struct task_struct *target)
{
	struct memory_event event = {.hook = HOOK_SIGNAL, .way = WAY_PTRACE};
	enum scope scope = scope_of_current();

	if (!is_told(scope))
		return;
	describe(&event.header, FRAME_MEMORY, sizeof(event), current_task());
	tell_access(&event, target, scope);
}

/* A process that was seized stops for its tracer, which is told so in the context of the seized one; so may its parent be. */
static __always_inline bool is_stop_for(struct task_struct *seized, struct kernel_siginfo *info, struct task_struct *to)
{
	int why = BPF_CORE_READ(info, si_code);

	return (why == CLD_TRAPPED || why == CLD_STOPPED) && BPF_CORE_READ(seized, parent, tgid) == BPF_CORE_READ(to, tgid);
}

static __always_inline void on_trap_signal(struct task_struct *seized, struct task_struct *tracer)
{
	struct memory_event event = {.hook = HOOK_SIGNAL, .way = WAY_PTRACE};
	struct cgroup *group = BPF_CORE_READ(tracer, cgroups, dfl_cgrp);
	enum scope scope = scope_of_group(group);

	if (!is_told(scope))
		return;
	describe_other(&event.header, FRAME_MEMORY, sizeof(event), tracer);
	tell_access(&event, seized, scope);
}

/*
 * Where no program may sit at the check itself: signals betray who attaches with ptrace(2). Other ways leave no trace but in system calls.
 * SIGCHLD comes with every process that ends, so the sender's own state is looked at first.
 */
static __always_inline bool may_betray(int signal, struct kernel_siginfo *info)
{
	return signal == SIGCHLD ? bpf_get_current_task_btf()->ptrace & PT_SEIZED : signal == SIGSTOP && info == SEND_SIG_PRIV;
}

static APART_FROM_THE_HOOK void on_signal(int signal, struct kernel_siginfo *info, struct task_struct *to)
{
	struct task_struct *current = bpf_get_current_task_btf();

	if (signal == SIGSTOP && BPF_CORE_READ(to, ptrace))
		on_attach_signal(to);
	else if (signal == SIGCHLD && info > SEND_SIG_PRIV && is_stop_for(current, info, to))
		on_trap_signal(current, to);
}

#endif
