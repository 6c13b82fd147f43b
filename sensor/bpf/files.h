/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Changes of files, and reads of those that may hold a secret. */
#ifndef CHAPERONE_FILES_H
#define CHAPERONE_FILES_H

#include "file-calls.h"
#include "path.h"
#include "scratch-tries.h"
#include "tasks.h"

/* Whether the kernel's own checks tell of files, else system calls do. The probe sets it before load, and again once its canary has shown what fires. */
__u32 files_by_hook = 0;

/* Names that tell a secret. Filled by the probe before the programs are attached. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct secret_name);
	__type(value, __u32); /* enum secret_bit */
} secret_names SEC(".maps");

/* By a name's first byte: whether there is one in secret_names, which spares most files the lookup. */
const volatile __u8 secret_initials[256] = {};

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

#define FILE_DATA_BYTES (4 * PATH_BYTES)

struct file_frame {
	struct file_event event;
	char data[FILE_DATA_BYTES + 8]; /* 8 for the padding */
};

/* As struct scratch of an exec. */
struct file_scratch {
	__u32 busy;
	__u32 end;
	__u64 arguments[8];
	struct file_frame frame;
	struct path_buffer path;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SCRATCH_TRIES);
	__type(key, __u32);
	__type(value, struct file_scratch);
} file_scratches SEC(".maps");

static __always_inline struct file_scratch *take_file_scratch(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	for (__u32 i = 0; i < SCRATCH_TRIES; i++) {
		__u32 slot = cpu + i;
		struct file_scratch *scratch = bpf_map_lookup_elem(&file_scratches, &slot);

		if (scratch && !__sync_val_compare_and_swap(&scratch->busy, 0, 1))
			return scratch;
	}
	return NULL;
}

static __always_inline void give_back_file_scratch(struct file_scratch *scratch)
{
	__sync_lock_test_and_set(&scratch->busy, 0);
}

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

/* Where the next part goes. `before` is the most that the parts before it can take. */
static __always_inline char *next_file_part(struct file_scratch *scratch, __u64 before)
{
	__u64 end = scratch->end;

	barrier_var(end); /* as next_part() */
	if (end > before)
		end = before;
	return &scratch->frame.data[end];
}

static __always_inline __u32 append_file_path(struct file_scratch *scratch, __u64 before, struct path *path, struct fs_struct *fs)
{
	__u64 start, len;

	read_path(&scratch->path, path, fs);
	if (!scratch->path.complete)
		scratch->frame.event.header.flags |= FLAG_PATH_TRUNCATED;
	start = scratch->path.start;
	if (start > PATH_BYTES)
		return 0;
	len = PATH_BYTES - start;
	if (bpf_probe_read_kernel(next_file_part(scratch, before), len, &scratch->path.bytes[start]))
		return 0;
	scratch->end += len;
	return len;
}

static __always_inline struct path *path_of(struct file *file)
{
	return (void *)file + bpf_core_field_offset(struct file, f_path);
}

/* What the process gave as a path. */
static __always_inline __u32 append_text(struct file_scratch *scratch, __u64 before, __u64 from)
{
	long size = bpf_probe_read_user_str(next_file_part(scratch, before), PATH_BYTES, (void *)from);

	if (size < 1 || size == PATH_BYTES)
		scratch->frame.event.header.flags |= FLAG_PATH_TRUNCATED;
	if (size < 1)
		return 0;
	scratch->end += size - 1;
	return size - 1;
}

/* Of one of the current process's open files; NULL if there is none of this number. Another thread may have replaced it meanwhile. */
static __always_inline struct file *open_file(struct task_struct *current, __u64 fd)
{
	struct fdtable *table = BPF_CORE_READ(current, files, fdt);
	struct file **slots = BPF_CORE_READ(table, fd), *file = NULL;

	if (fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), &slots[fd]);
	return file;
}

static __always_inline void finish_file(struct file_scratch *scratch, enum scope scope, struct told_key *key)
{
	struct event_header *header = &scratch->frame.event.header;
	__u64 len;

	__builtin_memset(next_file_part(scratch, FILE_DATA_BYTES), 0, 8);
	len = (sizeof(scratch->frame.event) + scratch->end + 7) & ~7u;
	header->len = len;
	number(header, FRAME_FILE, scope);
	/* What found no room must be told when it happens again. */
	if (len <= sizeof(scratch->frame) && !send(header, FRAME_FILE, len) && key)
		bpf_map_delete_elem(&told_files, key);
}

static __always_inline void begin_file(struct file_scratch *scratch, __u32 op, enum file_source source)
{
	struct file_event *event = &scratch->frame.event;

	__builtin_memset(event, 0, sizeof(*event));
	describe(&event->header, FRAME_FILE, 0, current_task());
	event->op = op;
	event->source = source;
	event->count = 1;
	scratch->end = 0;
}

#endif
