/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef CHAPERONE_FORK_H
#define CHAPERONE_FORK_H

#include "credentials.h"
#include "leave.h"
#include "tasks.h"

/* A child that is the first of a pid namespace, of a parent that entered the cgroup and has executed nothing there, is a container's first process. */
static __always_inline void inherit(struct task *heir, struct task *parent, struct task_struct *child)
{
	if (!parent) {
		heir->origin = origin_of(heir);
		read_credentials(child, &heir->credentials);
		return;
	}
	heir->origin = parent->origin == ORIGIN_JOINED && !parent->image && heir->ns_tgid == 1 ? ORIGIN_CONTAINER : parent->origin;
	heir->credentials = parent->credentials;
}

/* Apart also from its caller, whose other callee needs as much of the stack. `parent` may be NULL. */
static APART_FROM_THE_HOOK void tell_fork(struct task *parent, struct task_struct *child, enum scope scope)
{
	struct fork_event event = {};
	struct task heir = {};

	describe(&event.header, FRAME_FORK, sizeof(event), parent);
	event.child_tgid = child->tgid;
	event.child_ns_tgid = namespace_tgid(child);
	event.child_id = make_id(event.header.time, event.child_tgid);
	event.child_root = event.header.root;

	heir.image = event.header.image;
	heir.start_time = child->start_boottime;
	heir.parent_tgid = BPF_CORE_READ(child, real_parent, tgid); /* with CLONE_PARENT not the one that forks */
	heir.ns_tgid = event.child_ns_tgid;
	inherit(&heir, parent, child);
	heir.namespaces = parent ? parent->namespaces : 0;
	heir.of_agent = parent ? parent->of_agent : 0;
	if (parent && (parent->flags & TASK_RUNNER)) {
		event.child_root = event.child_id;
		event.header.flags |= FLAG_RUNNER_CHILD;
		heir.flags = TASK_RUNNER_CHILD;
	}
	heir.root = event.child_root;
	insert_task(event.child_tgid, &heir);

	number(&event.header, FRAME_FORK, scope);
	send(&event.header, FRAME_FORK, sizeof(event));
}

/* In the parent's context, before the child runs. `parents` is where that one is. */
static APART_FROM_THE_HOOK void on_fork(struct task_struct *parent, struct task_struct *child, enum scope parents)
{
	enum scope scope = parents;
	struct task *task = NULL;

	if (child->pid != child->tgid) /* a thread */
		return;
	if (is_born_elsewhere(parent, child))
		scope = scope_of_group(child->cgroups->dfl_cgrp);
	if (!is_told(scope)) {
		if (is_told(parents)) /* born outside */
			count_left();
		return;
	}
	if (is_told(parents))
		task = current_task();
	if (task)
		look_at_credentials(parent, task, CAUSE_CALL);
	tell_fork(task, child, scope);
}

#endif
