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

/* As read_credentials, of a task that the hook was given: plain loads, which are cheaper. */
static __always_inline void load_credentials(struct task_struct *task, struct credentials *credentials)
{
	const struct cred *cred = task->cred;

	credentials->uid = cred->uid.val;
	credentials->euid = cred->euid.val;
	credentials->gid = cred->gid.val;
	credentials->egid = cred->egid.val;
	credentials->namespace_level = cred->user_ns->level;
	credentials->pad = 0;
	credentials->capabilities = read_capabilities(cred);
}

/* A function of its own and not inlined, for the verifier's sake: what it leaves on the stack is then gone. */
static __noinline void tell_change(const struct credentials *now, struct task *task, enum credentials_cause cause)
{
	struct credentials_event event = {.before = task->credentials, .after = *now, .cause = cause};
	enum scope scope = scope_of_current();

	task->credentials = *now;
	if (!is_told(scope))
		return;
	describe(&event.header, FRAME_CREDENTIALS, sizeof(event), task);
	number(&event.header, FRAME_CREDENTIALS, scope);
	send(&event.header, FRAME_CREDENTIALS, sizeof(event));
}

/* `now` is what the current process has, `task` its entry. */
static __always_inline void tell_credentials(const struct credentials *now, struct task *task, enum credentials_cause cause)
{
	if (!is_same(now, &task->credentials))
		tell_change(now, task, cause);
}

/* `current` as the hook was given it, `task` its entry. */
static __always_inline void look_at_credentials(struct task_struct *current, struct task *task, enum credentials_cause cause)
{
	struct credentials now;

	load_credentials(current, &now);
	tell_credentials(&now, task, cause);
}

/* The same for hooks that are given no task. */
static __always_inline void tell_own_credentials(struct task *task, enum credentials_cause cause)
{
	struct credentials now;

	load_credentials(untrusted(bpf_get_current_task_btf()), &now);
	tell_credentials(&now, task, cause);
}

#endif
