/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_RING_READER_H
#define CHAPERONE_RING_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "../bpf/events.h"
#include "fault.h"

/*
 * Reads a BPF ring buffer. libbpf's reader does not tell how far the kernel has written, which an exact flush needs.
 * The kernel's side of the protocol is in kernel/bpf/ringbuf.c.
 */
struct ring {
	unsigned long *consumer;
	const unsigned long *producer;
	const char *data;
	size_t size; /* a power of two */
};

typedef void (*frame_handler)(void *context, const struct event_header *frame);

int open_ring(struct ring *ring, int fd, size_t size, struct fault *fault);

/* Hands over every record that was written before the call, up to one that is still being written; returns how many. */
size_t drain_ring(struct ring *ring, frame_handler handler, void *context);

/* The same for everything that was begun before the call, waiting (for microseconds) for what is still being written. */
void drain_ring_fully(struct ring *ring, frame_handler handler, void *context);

bool is_ring_empty(const struct ring *ring);

#endif
