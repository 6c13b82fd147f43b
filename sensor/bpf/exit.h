/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef CHAPERONE_EXIT_H
#define CHAPERONE_EXIT_H

#include "credentials.h"
#include "leave.h"
#include "tasks.h"

/* The probe sets it before load. */
const volatile __u32 page_bytes = 4096;

/* As wait(2) would tell it. */
static __always_inline int wait_status(struct task_struct *task)
{
	if (task->signal->flags & SIGNAL_GROUP_EXIT)
		return task->signal->group_exit_code;
	return task->group_leader->exit_code;
}

/* Of the threads that are gone, of the last one, and of the first one, which stays until its parent has asked for it. */
static __always_inline void read_times(struct exit_event *event, struct task_struct *last)
{
	struct task_struct *leader = last->group_leader;
	struct signal_struct *gone = last->signal;

	event->user_time = gone->utime + last->utime;
	event->system_time = gone->stime + last->stime;
	event->run_time = gone->sum_sched_runtime + last->se.sum_exec_runtime;
	if (last->pid == last->tgid)
		return;
	event->user_time += leader->utime;
	event->system_time += leader->stime;
	event->run_time += leader->se.sum_exec_runtime;
}

/* A counter may be below zero for as long as its parts on the CPUs are not added. */
static __always_inline __u64 pages_of(__s64 count)
{
	return count > 0 ? count : 0;
}

/* As the kernel's get_mm_hiwater_rss, but for the last few pages of each CPU. */
static __always_inline __u64 peak_pages(struct mm_struct *mm)
{
	__u64 now = pages_of(mm->rss_stat[MM_FILEPAGES].count) + pages_of(mm->rss_stat[MM_ANONPAGES].count) +
		    pages_of(mm->rss_stat[MM_SHMEMPAGES].count);

	return mm->hiwater_rss > now ? mm->hiwater_rss : now;
}

/*
 * Since 6.16 the kernel tells of an end while the memory is still there, and says what it came to. Before, it only has the most that the process
 * ever had, also with the memory of its parent between vfork(2) and exec.
 */
static __always_inline __u64 peak_memory(struct task_struct *last, struct task *task)
{
	__u64 pages = last->signal->maxrss;

	if (bpf_core_field_exists(struct mm_struct, rss_stat[0].count) && last->mm)
		return peak_pages(last->mm) * page_bytes;
	return pages > task->peak_before ? pages * page_bytes : 0;
}

/*
 * Once for each process. Two last threads may both find the group dead: the one that deletes the entry tells. A process without an entry was
 * never spoken of, so its end is not either.
 */
static APART_FROM_THE_HOOK void on_exit(struct task_struct *task)
{
	struct exit_event event = {};
	__u32 tgid = task->tgid;
	struct task *known;
	enum scope scope;
	bool left;
	int status;

	if (task->signal->live.counter > 0)
		return;
	known = bpf_map_lookup_elem(&tasks, &tgid);
	if (!known)
		return;
	look_at_credentials(task, known, CAUSE_CALL);
	describe(&event.header, FRAME_EXIT, sizeof(event), known);
	if (known->flags & TASK_RUNNER)
		event.header.flags |= FLAG_RUNNER;
	if (known->flags & TASK_RUNNER_CHILD)
		event.header.flags |= FLAG_RUNNER_CHILD;
	event.start_time = known->start_time;
	event.peak_memory = peak_memory(task, known);
	left = known->flags & TASK_LEFT;
	if (bpf_map_delete_elem(&tasks, &tgid))
		return;
	if (left)
		__sync_fetch_and_add(&strays, -1);

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
