/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Requests through io_uring are no system calls. The kernel's own checks see what they come to; where no program may sit at those, it is told at
 * least that a process asks for files in this way, and how.
 */
#ifndef CHAPERONE_URING_H
#define CHAPERONE_URING_H

#include <linux/io_uring.h>
#include "files.h"
#include "memory.h"

/* Of struct access, beyond enum memory_way. */
#define WAY_REQUEST 64

static __always_inline bool names_files(__u8 request)
{
	switch (request) {
	case IORING_OP_OPENAT:
	case IORING_OP_OPENAT2:
	case IORING_OP_RENAMEAT:
	case IORING_OP_UNLINKAT:
	case IORING_OP_MKDIRAT:
	case IORING_OP_SYMLINKAT:
	case IORING_OP_LINKAT:
		return true;
	default:
		return false;
	}
}

static __always_inline bool is_repeated_request(struct file_event *event)
{
	struct access key = {.image = event->header.image, .tgid = event->header.tgid, .way = WAY_REQUEST + event->flags};
	__u8 present = 1;

	return (int)bpf_map_update_elem(&accesses, &key, &present, BPF_NOEXIST) == -17; /* as in is_repeated_access */
}

/* In the context of the process, or of a thread that the kernel runs for it. Once for each image and kind of request. */
static __always_inline void on_request(struct io_kiocb *request)
{
	struct file_event event = {.op = FILE_URING, .count = 1};
	enum scope scope;

	event.flags = request->opcode;
	if (!names_files(event.flags))
		return;
	scope = scope_of_current();
	if (!is_told(scope))
		return;
	describe(&event.header, FRAME_FILE, sizeof(event), current_task());
	if (is_repeated_request(&event))
		return;
	number(&event.header, FRAME_FILE, scope);
	send(&event.header, FRAME_FILE, sizeof(event));
}

#endif
