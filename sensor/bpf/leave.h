/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A process that may write to cgroups (root without a cgroup namespace) can leave the observed one, and is then not seen. */
#ifndef CHAPERONE_LEAVE_H
#define CHAPERONE_LEAVE_H

#include "tasks.h"

/* Processes in the table that left: only while there are any does an end outside concern the sensor. */
__u32 strays = 0;

static __always_inline void count_left(void)
{
	struct event_counters *own = own_counters();

	if (own)
		__sync_fetch_and_add(&own->left, 1);
}

/* After the move, of any hierarchy: only where the process now is in the default one counts. Each process once. */
static __always_inline void on_move(struct task_struct *moved)
{
	__u32 tgid = moved->tgid;
	struct task *task = bpf_map_lookup_elem(&tasks, &tgid);
	struct cgroup *group;

	if (!task || (task->flags & TASK_LEFT))
		return;
	group = BPF_CORE_READ(moved, cgroups, dfl_cgrp);
	if (is_told(scope_of_group(group)))
		return;
	__sync_fetch_and_add(&strays, 1);
	task->flags |= TASK_LEFT;
	count_left();
}

#endif
