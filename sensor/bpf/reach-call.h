/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Reaches into memory and towards the kernel as system calls show them, where no program may sit at the kernel's own checks and system calls are
 * looked at anyway. What a call names is a number in the caller's pid namespace, so a target is known only outside of containers. What is told is
 * put together in the ring: the caller has most of the stack.
 */
#ifndef CHAPERONE_REACH_CALL_H
#define CHAPERONE_REACH_CALL_H

#include "current-call.h"
#include "memory.h"
#include "privilege.h"

static __always_inline bool is_seen_by_calls(enum scope scope)
{
	return scope == OBSERVED && chosen_hook == HOOK_SIGNAL;
}

static __always_inline bool is_in_initial_namespace(struct task_struct *task)
{
	return BPF_CORE_READ(task, thread_pid, level) == 0;
}

__noinline int tell_memory_call(__u32 way, __u32 pid)
{
	struct access key = {.target_tgid = pid, .way = way};
	enum scope scope = scope_of_current();
	struct memory_event *event;
	struct task *task, *target;
	__u8 present = 1;

	if (!is_seen_by_calls(scope))
		return 0;
	task = current_task();
	if (!task || task->ns_tgid == pid)
		return 0;
	key.image = task->image;
	key.tgid = bpf_get_current_pid_tgid() >> 32;
	if ((int)bpf_map_update_elem(&accesses, &key, &present, BPF_NOEXIST) == -17) /* as in is_repeated_access */
		return 0;
	event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	if (!event) {
		lose(FRAME_MEMORY, scope);
		return 0;
	}
	__builtin_memset(event, 0, sizeof(*event));
	describe(&event->header, FRAME_MEMORY, sizeof(*event), task);
	event->way = way;
	event->hook = HOOK_CALL;
	event->target_ns_tgid = pid;
	target = is_in_initial_namespace((void *)bpf_get_current_task()) ? bpf_map_lookup_elem(&tasks, &pid) : NULL;
	event->target_tgid = target ? pid : 0;
	event->target_image = target ? target->image : 0;
	number(&event->header, FRAME_MEMORY, scope);
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	wake_probe();
	return 0;
}

__noinline int tell_bpf_call(__u64 user_attributes)
{
	const union bpf_attr *attributes = (void *)user_attributes;
	enum scope scope = scope_of_current();
	struct privilege_event *event;

	if (!is_seen_by_calls(scope))
		return 0;
	event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	if (!event) {
		lose(FRAME_PRIVILEGE, scope);
		return 0;
	}
	__builtin_memset(event, 0, sizeof(*event));
	describe(&event->header, FRAME_PRIVILEGE, sizeof(*event), current_task());
	event->act = ACT_BPF_PROGRAM;
	bpf_probe_read_user(&event->detail, sizeof(event->detail), &attributes->prog_type);
	bpf_probe_read_user_str(event->name, BPF_OBJ_NAME_LEN, &attributes->prog_name);
	number(&event->header, FRAME_PRIVILEGE, scope);
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	wake_probe();
	return 0;
}

/* Of a call that succeeded and whose number is watched for this. */
static __always_inline void on_reach_call(struct pt_regs *regs, __u32 call, bool compat)
{
	switch (call) {
	case CALL_VM_READV:
	case COMPAT_VM_READV:
		tell_memory_call(WAY_VM_READ, first_argument(regs, compat));
		break;
	case CALL_VM_WRITEV:
	case COMPAT_VM_WRITEV:
		tell_memory_call(WAY_VM_WRITE, first_argument(regs, compat));
		break;
	default: /* bpf(2) */
		if (first_argument(regs, compat) == BPF_PROG_LOAD)
			tell_bpf_call(second_argument(regs, compat));
	}
}

#endif
