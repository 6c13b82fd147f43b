/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef CHAPERONE_EXIT_H
#define CHAPERONE_EXIT_H

#include "tasks.h"

/* As wait(2) would tell it. */
static __always_inline int wait_status(struct task_struct *task)
{
	if (BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT)
		return BPF_CORE_READ(task, signal, group_exit_code);
	return BPF_CORE_READ(task, group_leader, exit_code);
}

/*
 * Once for each process. Two last threads may both find the group dead: the one that deletes the entry tells. A process without an entry was
 * never spoken of, so its end is not either.
 */
static __always_inline void on_exit(struct task_struct *task)
{
	struct exit_event event = {};
	__u32 tgid = task->tgid;
	struct task *known;
	enum scope scope;
	int status;

	if (BPF_CORE_READ(task, signal, live.counter) > 0)
		return;
	known = bpf_map_lookup_elem(&tasks, &tgid);
	if (!known)
		return;
	describe(&event.header, FRAME_EXIT, sizeof(event), known);
	event.start_time = known->start_time;
	if (bpf_map_delete_elem(&tasks, &tgid))
		return;

	status = wait_status(task);
	event.code = (status >> 8) & 0xff;
	event.signal = status & 0x7f;
	scope = scope_of_current();
	if (scope == OWN)
		return;
	number(&event.header, FRAME_EXIT, scope);
	send(&event.header, FRAME_EXIT, sizeof(event));
}

#endif
