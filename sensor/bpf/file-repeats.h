/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a process does again to a file that it told of is counted, and told at its end or before an account. */
#ifndef CHAPERONE_FILE_REPEATS_H
#define CHAPERONE_FILE_REPEATS_H

#include "tasks.h"

/*
 * What was told already; the least recently used make room, and are then told again. A file that is made may have the number of one that is gone:
 * its generation differs, where the file system keeps one.
 */
struct told_key {
	__u64 image;
	__u64 ino;
	__u32 dev;
	__u32 generation;
	__u32 op;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct told_key);
	__type(value, __u8);
} told_files SEC(".maps");

#define FILE_OPS 12

/* What a process did again to files that were told of: by tgid, until its image ends. */
struct repeats {
	__u64 counts[FILE_OPS];
	__u64 cgroup;
	__u32 uid;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct repeats);
} file_repeats SEC(".maps");

/* Whose number a new file has is no matter of the past. */
static __always_inline void forget_told(struct told_key *key)
{
	key->op = FILE_WRITE;
	bpf_map_delete_elem(&told_files, key);
	key->op = FILE_CREATE;
}

/* True if the same was told before; it is then only counted. Without room to count it is told again. */
static __always_inline bool is_told_again(struct told_key *key)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32, op = key->op;
	struct repeats *repeats, none = {.cgroup = bpf_get_current_cgroup_id(), .uid = (__u32)bpf_get_current_uid_gid()};
	__u8 present = 1;

	if (op == FILE_CREATE) {
		forget_told(key);
		return false;
	}
	/* Looked up first: an update takes a place before it finds that there is one. */
	if (!bpf_map_lookup_elem(&told_files, key) && (int)bpf_map_update_elem(&told_files, key, &present, BPF_NOEXIST) != -17)
		return false;
	repeats = bpf_map_lookup_elem(&file_repeats, &tgid);
	if (!repeats) {
		bpf_map_update_elem(&file_repeats, &tgid, &none, BPF_NOEXIST);
		repeats = bpf_map_lookup_elem(&file_repeats, &tgid);
	}
	if (!repeats || op >= FILE_OPS)
		return false;
	__sync_fetch_and_add(&repeats->counts[op], 1);
	return true;
}

struct telling {
	struct repeats counts;
	__u32 tgid;
	enum scope scope;
};

static long tell_repeat(__u32 op, void *context)
{
	struct telling *telling = context;
	struct file_event event = {};

	if (op >= FILE_OPS || !telling->counts.counts[op])
		return 0;
	describe(&event.header, FRAME_FILE, sizeof(event), bpf_map_lookup_elem(&tasks, &telling->tgid));
	event.op = op;
	event.count = telling->counts.counts[op];
	number(&event.header, FRAME_FILE, telling->scope);
	send(&event.header, FRAME_FILE, sizeof(event));
	return 0;
}

/* Before the process changes its image, or ends. */
static __always_inline void tell_repeats(void)
{
	struct telling telling = {.tgid = bpf_get_current_pid_tgid() >> 32};
	struct repeats *repeats;

	if (!watches_files)
		return;
	repeats = bpf_map_lookup_elem(&file_repeats, &telling.tgid);
	if (!repeats)
		return;
	telling.counts = *repeats;
	if (bpf_map_delete_elem(&file_repeats, &telling.tgid))
		return;
	telling.scope = scope_of_current();
	bpf_loop(FILE_OPS, tell_repeat, &telling, 0);
}

static __always_inline void tell_repeats_at_exit(struct task_struct *task)
{
	if (watches_files && BPF_CORE_READ(task, signal, live.counter) <= 0)
		tell_repeats();
}

/* Of one operation, by a process that is not the current one. */
static __always_inline void tell_so_far(__u32 tgid, struct repeats *repeats, __u32 op)
{
	struct file_event event = {};

	event.count = __sync_lock_test_and_set(&repeats->counts[op], 0);
	if (!event.count)
		return;
	describe_known(&event.header, FRAME_FILE, sizeof(event), bpf_map_lookup_elem(&tasks, &tgid));
	event.header.cgroup = repeats->cgroup;
	event.header.tgid = tgid;
	event.header.tid = tgid;
	event.header.uid = repeats->uid;
	event.op = op;
	number(&event.header, FRAME_FILE, OBSERVED);
	send(&event.header, FRAME_FILE, sizeof(event));
}

static long tell_living(void *map, __u32 *tgid, struct repeats *repeats, void *unused)
{
	for (__u32 op = 0; op < FILE_OPS; op++)
		tell_so_far(*tgid, repeats, op);
	return 0;
}

/* Before an account: what the processes that live did again, which would else be told at their end. */
static __always_inline void tell_repeats_of_living(void)
{
	bpf_for_each_map_elem(&file_repeats, tell_living, NULL, 0);
}

#endif
