/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef CHAPERONE_EXIT_H
#define CHAPERONE_EXIT_H

#include "credentials.h"
#include "tasks.h"

/* The probe sets it before load. */
const volatile __u32 page_bytes = 4096;

/* As wait(2) would tell it. */
static __always_inline int wait_status(struct task_struct *task)
{
	if (BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT)
		return BPF_CORE_READ(task, signal, group_exit_code);
	return BPF_CORE_READ(task, group_leader, exit_code);
}

/* Of the threads that are gone, of the last one, and of the first one, which stays until its parent has asked for it. */
static __always_inline void read_times(struct exit_event *event, struct task_struct *last)
{
	struct task_struct *leader = BPF_CORE_READ(last, group_leader);

	event->user_time = BPF_CORE_READ(last, signal, utime) + BPF_CORE_READ(last, utime);
	event->system_time = BPF_CORE_READ(last, signal, stime) + BPF_CORE_READ(last, stime);
	event->run_time = BPF_CORE_READ(last, signal, sum_sched_runtime) + BPF_CORE_READ(last, se.sum_exec_runtime);
	if (leader == last)
		return;
	event->user_time += BPF_CORE_READ(leader, utime);
	event->system_time += BPF_CORE_READ(leader, stime);
	event->run_time += BPF_CORE_READ(leader, se.sum_exec_runtime);
}

/* The kernel keeps the most that a process ever had, also with the memory of its parent that it had between vfork(2) and exec. */
static __always_inline __u64 peak_memory(struct task_struct *last, struct task *task)
{
	unsigned long pages = BPF_CORE_READ(last, signal, maxrss);

	return pages > task->peak_before ? (__u64)pages * page_bytes : 0;
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
	tell_credentials(task, known, CAUSE_CALL);
	describe(&event.header, FRAME_EXIT, sizeof(event), known);
	event.start_time = known->start_time;
	event.peak_memory = peak_memory(task, known);
	if (bpf_map_delete_elem(&tasks, &tgid))
		return;

	status = wait_status(task);
	event.code = (status >> 8) & 0xff;
	event.signal = status & 0x7f;
	read_times(&event, task);
	scope = scope_of_current();
	if (scope == OWN)
		return;
	number(&event.header, FRAME_EXIT, scope);
	send(&event.header, FRAME_EXIT, sizeof(event));
}

#endif
