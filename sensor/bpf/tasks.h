/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Identity: which image a process runs and which runner's child it descends from, inherited by fork before the child's first instruction. */
#ifndef CHAPERONE_TASKS_H
#define CHAPERONE_TASKS_H

#include "kernel.h"
#include "ring.h"

enum task_flag {
	TASK_RUNNER = 1 << 0,
	TASK_RUNNER_CHILD = 1 << 1,
	TASK_EXECUTED = 1 << 2,
	TASK_LEFT = 1 << 3,
};

struct task {
	__u64 image;
	__u64 root;
	__u64 start_time;
	__u64 peak_before;	/* pages: the most it had resident before its last exec */
	struct credentials credentials; /* as last told */
	__u32 parent_tgid;
	__u32 ns_tgid;
	__u32 flags;
	__u32 origin;
	__u32 namespaces;	/* kinds, as bits of clone(2), of which it was told that it left its parent's */
	__u32 of_agent;		/* the probe's peer took it, or one that it descends from, for a coding agent; in a word of its own, which no hook writes */
};

/* CLOCK_BOOTTIME, ns: from then on every fork is seen. The probe sets it once all is attached. */
__u64 attached_at = 0;

/*
 * By tgid. Inserted at fork, or when a process that was there before (or joined the cgroup) is first seen; deleted at exit; read by every hook.
 * A hash and not task storage, which kernels before 6.18 do not give to connect hooks.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct task);
} tasks SEC(".maps");

/* Never 0, which means unknown. */
static __always_inline __u64 make_id(__u64 time, __u32 tgid)
{
	__u64 id = time ^ ((__u64)tgid << 40);

	return id ? id : 1;
}

static __always_inline __u32 namespace_tgid(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, group_leader, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level);
	int number = 0;

	bpf_probe_read_kernel(&number, sizeof(number),
			      (void *)pid + bpf_core_field_offset(struct pid, numbers) + level * bpf_core_type_size(struct upid));
	return number;
}

static __always_inline void insert_task(__u32 tgid, struct task *task)
{
	struct event_counters *own;

	if (bpf_map_update_elem(&tasks, &tgid, task, BPF_ANY) == 0)
		return;
	own = own_counters();
	if (own)
		__sync_fetch_and_add(&own->table_full, 1);
}

static __always_inline enum origin origin_of(struct task *task)
{
	if (!attached_at || task->start_time < attached_at)
		return ORIGIN_BEFORE;
	return task->ns_tgid == 1 ? ORIGIN_CONTAINER : ORIGIN_JOINED;
}

/* By its place alone: its type is not the same on all kernels. */
static __always_inline __u64 read_capabilities(const struct cred *cred)
{
	__u64 capabilities = 0;

	bpf_probe_read_kernel(&capabilities, sizeof(capabilities), (void *)cred + bpf_core_field_offset(struct cred, cap_effective));
	return capabilities;
}

static __always_inline void read_credentials(struct task_struct *task, struct credentials *credentials)
{
	const struct cred *cred = BPF_CORE_READ(task, cred);

	credentials->uid = BPF_CORE_READ(cred, uid.val);
	credentials->euid = BPF_CORE_READ(cred, euid.val);
	credentials->gid = BPF_CORE_READ(cred, gid.val);
	credentials->egid = BPF_CORE_READ(cred, egid.val);
	credentials->namespace_level = BPF_CORE_READ(cred, user_ns, level);
	credentials->pad = 0;
	credentials->capabilities = read_capabilities(cred);
}

/* The entry of a task's process, made if it has none. NULL only when the table is full. */
static __always_inline struct task *entry_of(struct task_struct *task, __u32 tgid)
{
	struct task *known = bpf_map_lookup_elem(&tasks, &tgid);
	struct task fresh = {};

	if (known)
		return known;
	fresh.start_time = BPF_CORE_READ(task, group_leader, start_boottime);
	fresh.parent_tgid = BPF_CORE_READ(task, real_parent, tgid);
	fresh.ns_tgid = namespace_tgid(task);
	fresh.origin = origin_of(&fresh);
	read_credentials(task, &fresh.credentials);
	insert_task(tgid, &fresh);
	return bpf_map_lookup_elem(&tasks, &tgid);
}

/* The current process's entry. */
static __always_inline struct task *current_task(void)
{
	return entry_of((void *)bpf_get_current_task(), bpf_get_current_pid_tgid() >> 32);
}

/* Not if the process has executed something else or ended since, and its number is another one's. */
static __always_inline void mark_agent(__u32 tgid, __u64 image)
{
	struct task *task = bpf_map_lookup_elem(&tasks, &tgid);

	if (task && image && task->image == image)
		task->of_agent = 1;
}

/* What events have in common, whoever they are of; the number follows when it is sent. */
static __always_inline void begin_header(struct event_header *header, enum frame_type type, __u32 len)
{
	header->len = len;
	header->type = type;
	header->flags = 0;
	header->time = bpf_ktime_get_boot_ns();
	header->seq = 0;
	header->cpu = 0;
}

/* What the table says of a process; task may be NULL. */
static __always_inline void describe_known(struct event_header *header, enum frame_type type, __u32 len, struct task *task)
{
	begin_header(header, type, len);
	header->image = task ? task->image : 0;
	header->root = task ? task->root : 0;
	header->ns_tgid = task ? task->ns_tgid : 0;
}

/* Fills what every event of the current process says; task may be NULL. */
static __always_inline void describe(struct event_header *header, enum frame_type type, __u32 len, struct task *task)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	describe_known(header, type, len, task);
	header->cgroup = bpf_get_current_cgroup_id();
	header->tgid = pid_tgid >> 32;
	header->tid = (__u32)pid_tgid;
	header->uid = (__u32)bpf_get_current_uid_gid();
}

/* The same for a process that is not the current one. */
static __always_inline void describe_other(struct event_header *header, enum frame_type type, __u32 len, struct task_struct *other)
{
	__u32 tgid = BPF_CORE_READ(other, tgid);

	describe_known(header, type, len, bpf_map_lookup_elem(&tasks, &tgid));
	header->cgroup = BPF_CORE_READ(other, cgroups, dfl_cgrp, kn, id);
	header->tgid = tgid;
	header->tid = BPF_CORE_READ(other, pid);
	header->uid = BPF_CORE_READ(other, cred, uid.val);
}

#endif
