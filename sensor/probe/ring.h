/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_RING_READER_H
#define CHAPERONE_RING_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "../bpf/events.h"
#include "fault.h"

/* More than the largest record, an execution with all its texts. */
#define TORN_BYTES (32 * 1024)

/*
 * Reads a BPF ring buffer. libbpf's reader does not tell how far the kernel has written, which an exact flush needs.
 * The kernel's side of the protocol is in kernel/bpf/ringbuf.c.
 */
struct ring {
	unsigned long *consumer;
	const unsigned long *producer;
	const char *data;
	size_t size; /* a power of two */
	char torn[TORN_BYTES] __attribute__((aligned(8)));
};

/* What the kernel programs write into. Changes of files have a ring of their own, so that a flood of them displaces nothing else. */
struct rings {
	struct ring events;
	struct ring files; /* without data where files are not watched */
};

typedef void (*frame_handler)(void *context, const struct event_header *frame);

int open_ring(struct ring *ring, int fd, size_t size, struct fault *fault);

/*
 * Hands over every record that was written before the call, up to one that is still being written; returns their bytes. In the order of their
 * times, as far as it matters: what a process did to files comes after its exec and before its exit.
 */
size_t drain_rings(struct rings *rings, frame_handler handler, void *context);

/* The same for everything that was begun before the call, waiting (for microseconds) for what is still being written. */
void drain_rings_fully(struct rings *rings, frame_handler handler, void *context);

bool are_rings_empty(const struct rings *rings);

#endif
