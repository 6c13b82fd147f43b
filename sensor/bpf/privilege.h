/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Steps towards the kernel and out of the container. Changes of user and capabilities are told of in credentials.h. */
#ifndef CHAPERONE_PRIVILEGE_H
#define CHAPERONE_PRIVILEGE_H

#include <linux/sched.h>
#include "tasks.h"
#include "tier.h"

static __always_inline void send_privilege(struct privilege_event *event, struct task *task, enum scope scope)
{
	describe(&event->header, FRAME_PRIVILEGE, sizeof(*event), task);
	number(&event->header, FRAME_PRIVILEGE, scope);
	send(&event->header, FRAME_PRIVILEGE, sizeof(*event));
}

static __always_inline void on_module(struct module *module)
{
	struct privilege_event event = {.act = ACT_MODULE};
	enum scope scope = scope_of_current();

	if (!is_told(scope))
		return;
	bpf_probe_read_kernel_str(event.name, sizeof(event.name), &module->name);
	send_privilege(&event, current_task(), scope);
}

/* Before the kernel has looked at the program: it may yet refuse it. */
static __always_inline void on_bpf(int command, union bpf_attr *attributes, enum tier_hook hook)
{
	struct privilege_event event = {.act = ACT_BPF_PROGRAM};
	enum scope scope;

	if (command != BPF_PROG_LOAD)
		return;
	scope = scope_of_current();
	if (!is_told(scope) || !is_chosen(hook, scope))
		return;
	bpf_probe_read_kernel(&event.detail, sizeof(event.detail), &attributes->prog_type);
	bpf_probe_read_kernel_str(event.name, BPF_OBJ_NAME_LEN, &attributes->prog_name);
	send_privilege(&event, current_task(), scope);
}

/* A sum and no branches, each of which would double what the verifier must walk. */
static __always_inline __u64 differ(__u64 one, __u64 other)
{
	__u64 apart = one ^ other;

	barrier_var(apart);
	return (apart | -apart) >> 63;
}

#define APART(kind, ...) (differ((__u64)BPF_CORE_READ(one, __VA_ARGS__), (__u64)BPF_CORE_READ(other, __VA_ARGS__)) * (kind))

static __always_inline __u32 proxies_apart(struct nsproxy *one, struct nsproxy *other)
{
	if (!one || !other || one == other)
		return 0;
	return APART(CLONE_NEWNS, mnt_ns) | APART(CLONE_NEWUTS, uts_ns) | APART(CLONE_NEWIPC, ipc_ns) | APART(CLONE_NEWNET, net_ns) |
	       APART(CLONE_NEWPID, pid_ns_for_children) | APART(CLONE_NEWCGROUP, cgroup_ns);
}

/* The kinds of namespace, as bits of clone(2), in which two tasks are not together. */
static __always_inline __u32 namespaces_apart(struct task_struct *one, struct task_struct *other)
{
	return proxies_apart(BPF_CORE_READ(one, nsproxy), BPF_CORE_READ(other, nsproxy)) | APART(CLONE_NEWUSER, cred, user_ns);
}

/* Put together in the ring and not on the stack, of which the callers have taken most: kernels before 6.13 give a program 512 bytes in all. */
static __always_inline void tell_namespaces(struct task *task, __u32 apart, enum scope scope)
{
	struct privilege_event *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);

	if (!event) {
		lose(FRAME_PRIVILEGE, scope);
		return;
	}
	__builtin_memset(event, 0, sizeof(*event));
	describe(&event->header, FRAME_PRIVILEGE, sizeof(*event), task);
	event->act = ACT_NAMESPACES;
	event->detail = apart;
	number(&event->header, FRAME_PRIVILEGE, scope);
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	wake_probe();
}

/*
 * No tracepoint tells of setns(2), unshare(2) and what clone(2) makes new, and one on system calls would cost every process of the node; so a
 * process is compared with its parent wherever it shows itself anyway: when it forks, executes or ends. A parent that is not observed is a
 * container runtime's, which puts the first process of a container in its namespaces. A function of its own, so that it is verified once.
 */
__noinline int look_at_namespaces(void)
{
	struct task_struct *current = untrusted(bpf_get_current_task_btf()), *parent = current->real_parent;
	__u32 tgid = current->tgid, parent_tgid, apart;
	struct task *task;
	enum scope scope;

	/* Nearly always; by plain loads, since each process of the node comes by here several times. */
	if (current->nsproxy == parent->nsproxy && current->cred->user_ns == parent->cred->user_ns)
		return 0;
	parent_tgid = parent->tgid;
	task = bpf_map_lookup_elem(&tasks, &tgid);
	scope = scope_of_current();
	if (!task || !is_told(scope) || !bpf_map_lookup_elem(&tasks, &parent_tgid))
		return 0;
	apart = namespaces_apart(current, parent) & ~task->namespaces;
	if (!apart)
		return 0;
	task->namespaces |= apart;
	tell_namespaces(task, apart, scope);
	return 0;
}

#endif
