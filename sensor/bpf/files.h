/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Changes of files, and reads of those that may hold a secret. */
#ifndef CHAPERONE_FILES_H
#define CHAPERONE_FILES_H

#include "file-calls.h"
#include "file-repeats.h"
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
