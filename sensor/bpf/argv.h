/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* An argv that is too long for its exec, in chunks. They are the first to go: what they say is worth less than any other event. */
#ifndef CHAPERONE_ARGV_H
#define CHAPERONE_ARGV_H

#include "tasks.h"

struct argv_frame {
	struct argv_event event;
	char data[ARGV_CHUNK_BYTES + 8]; /* 8 for the padding */
};

static __always_inline bool is_ring_half_full(void)
{
	return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) > bpf_ringbuf_query(&ring, BPF_RB_RING_SIZE) / 2;
}

static __always_inline void fill_chunk(struct argv_frame *frame, __u64 from, __u64 len)
{
	if (len > ARGV_CHUNK_BYTES)
		len = ARGV_CHUNK_BYTES;
	if (bpf_probe_read_user(frame->data, len, (void *)from))
		len = 0;
	barrier_var(len);
	if (len > ARGV_CHUNK_BYTES)
		len = ARGV_CHUNK_BYTES;
	__builtin_memset(&frame->data[len], 0, 8);
	frame->event.chunk_len = len;
	frame->event.header.len = (sizeof(frame->event) + len + 7) & ~7u;
}

struct argv_walk {
	struct task *task;
	__u64 start;
	__u32 len;
	enum scope scope;
};

static long send_chunk(__u32 i, void *context)
{
	struct argv_walk *walk = context;
	__u32 offset = i * ARGV_CHUNK_BYTES;
	struct event_header header;
	struct argv_frame *frame;

	if (offset >= walk->len)
		return 1;
	describe(&header, FRAME_ARGV, 0, walk->task);
	number(&header, FRAME_ARGV, walk->scope);
	frame = is_ring_half_full() ? NULL : bpf_ringbuf_reserve(&ring, sizeof(*frame), 0);
	if (!frame) {
		count_lost(&header, FRAME_ARGV);
		return 0;
	}
	frame->event.header = header;
	frame->event.offset = offset;
	frame->event.argv_true_len = walk->len;
	frame->event.pad = 0;
	fill_chunk(frame, walk->start + offset, walk->len - offset);
	bpf_ringbuf_submit(frame, BPF_RB_NO_WAKEUP);
	wake_probe();
	return 0;
}

/* After the exec was sent. */
static __always_inline void send_long_argv(struct task_struct *current, struct task *task, enum scope scope)
{
	struct mm_struct *mm = BPF_CORE_READ(current, mm);
	struct argv_walk walk = {.task = task, .scope = scope};

	walk.start = BPF_CORE_READ(mm, arg_start);
	walk.len = BPF_CORE_READ(mm, arg_end) - walk.start;
	if (walk.len > ARGV_BYTES)
		bpf_loop(ARGV_CHUNKS, send_chunk, &walk, 0);
}

#endif
