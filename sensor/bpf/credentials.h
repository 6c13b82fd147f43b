/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Changes of user and of capabilities. No tracepoint tells of them, and one on system calls would cost every process of the node; so they are
 * compared with what was last told wherever the process shows itself anyway: when it forks, executes, connects or ends. A change that is taken
 * back between two of these is not seen.
 */
#ifndef CHAPERONE_CREDENTIALS_H
#define CHAPERONE_CREDENTIALS_H

#include "tasks.h"

static __always_inline bool is_same(const struct credentials *a, const struct credentials *b)
{
	return a->uid == b->uid && a->euid == b->euid && a->gid == b->gid && a->egid == b->egid && a->capabilities == b->capabilities &&
	       a->namespace_level == b->namespace_level;
}

/* The entry is the current process's. */
static __always_inline void tell_credentials(struct task_struct *current, struct task *task, enum credentials_cause cause)
{
	struct credentials_event event = {};
	enum scope scope;

	read_credentials(current, &event.after);
	if (is_same(&event.after, &task->credentials))
		return;
	event.before = task->credentials;
	task->credentials = event.after;
	event.cause = cause;
	scope = scope_of_current();
	if (!is_told(scope))
		return;
	describe(&event.header, FRAME_CREDENTIALS, sizeof(event), task);
	number(&event.header, FRAME_CREDENTIALS, scope);
	send(&event.header, FRAME_CREDENTIALS, sizeof(event));
}

#endif
