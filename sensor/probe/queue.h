/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_QUEUE_H
#define CHAPERONE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "../bpf/events.h"
#include "fault.h"

/*
 * Frames on their way to the peer, bounded in bytes. A frame is released once it was written whole, or, from a peer's first acknowledgement
 * on, once it was acknowledged whole; so after a peer's death the next one starts with a whole frame, and misses none that the last one did
 * not keep. Positions grow until the queue is empty; a byte lies at its position modulo the size.
 */
struct queue {
	char *bytes;
	size_t size;		/* a power of two */
	__u64 head;		/* of the oldest frame */
	__u64 written;		/* up to here it was given to the peer */
	__u64 acked;		/* up to here it has kept what it was given; counts if acknowledged */
	__u64 tail;
	__u64 base;		/* positions that were before the queue was last empty: with it a position is the stream's */
	bool acknowledged;
	__u64 peak;		/* the most bytes held since the memory was last given back */
	__u64 forwarded[EVENT_CLASSES]; /* events released, ever */
	__u64 dropped[EVENT_CLASSES];	/* events that found no room, ever */
};

int open_queue(struct queue *queue, size_t size, struct fault *fault);

/* Takes a copy of an event; without room it is counted as dropped. Some room is kept for the probe's own words. */
void push_event(struct queue *queue, const struct event_header *frame);

/* Takes a copy of a word of the probe's; false without room. */
bool push_word(struct queue *queue, const struct event_header *frame);

/* Writes what the peer takes now. -1 if it is gone. */
int write_queue(struct queue *queue, int fd);

/* The peer has kept the stream up to this position; one that it was not given is not believed. */
void acknowledge(struct queue *queue, __u64 position);

/* The peer is gone: what was not released goes to the next one, from the start of a frame. */
void rewind_queue(struct queue *queue);

/* Of the stream, where the next peer's begins. */
static inline __u64 queue_position(const struct queue *queue)
{
	return queue->base + queue->head;
}

/* Nothing is left that the peer was not given. */
static inline bool is_queue_written(const struct queue *queue)
{
	return queue->written == queue->tail;
}

static inline bool is_queue_empty(const struct queue *queue)
{
	return queue->head == queue->tail;
}

#endif
