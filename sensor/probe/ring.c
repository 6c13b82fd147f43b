// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <linux/bpf.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ring.h"

int open_ring(struct ring *ring, int fd, size_t size, struct fault *fault)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	/* The producer's page and then the data. The kernel offers the data twice, so that no record is torn at the end, but all of it would be resident. */
	char *producer = mmap(NULL, page + size, PROT_READ, MAP_SHARED, fd, page);

	if (consumer == MAP_FAILED || producer == MAP_FAILED)
		return fail(fault, "cannot map the ring buffer: %s", strerror(errno));
	ring->consumer = consumer;
	ring->producer = (unsigned long *)producer;
	ring->data = producer + page;
	ring->size = size;
	return 0;
}

static unsigned long written(const struct ring *ring)
{
	return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
}

static bool is_ring_empty(const struct ring *ring)
{
	return !ring->data || *ring->consumer == written(ring);
}

bool are_rings_empty(const struct rings *rings)
{
	return is_ring_empty(&rings->events) && is_ring_empty(&rings->files);
}

/* The word before the oldest record, once that was written; 0 if there is none or it is still being written. */
static __u32 oldest_head(const struct ring *ring)
{
	__u32 head;

	if (is_ring_empty(ring))
		return 0;
	head = __atomic_load_n((const __u32 *)(ring->data + (*ring->consumer & (ring->size - 1))), __ATOMIC_ACQUIRE);
	return head & BPF_RINGBUF_BUSY_BIT ? 0 : head;
}

static size_t smaller(size_t one, size_t other)
{
	return one < other ? one : other;
}

/* Of a record that goes over the end both parts are put together. */
static const struct event_header *oldest_frame(struct ring *ring)
{
	const __u32 *head = (const __u32 *)(ring->data + (*ring->consumer & (ring->size - 1)));
	size_t length = smaller(*head & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT), sizeof(ring->torn));
	size_t at = (*ring->consumer + BPF_RINGBUF_HDR_SZ) & (ring->size - 1), first = smaller(length, ring->size - at);

	if (first == length)
		return (const struct event_header *)(ring->data + at);
	memcpy(ring->torn, ring->data + at, first);
	memcpy(ring->torn + first, ring->data, length - first);
	return (const struct event_header *)ring->torn;
}

struct drain {
	frame_handler handler;
	void *context;
	size_t bytes;
};

/* Hands over the oldest record, unless it was discarded. */
static void take_oldest(struct ring *ring, __u32 head, struct drain *drain)
{
	if (!(head & BPF_RINGBUF_DISCARD_BIT)) {
		const struct event_header *frame = oldest_frame(ring);

		drain->bytes += frame->len;
		drain->handler(drain->context, frame);
	}
	head &= ~(__u32)BPF_RINGBUF_DISCARD_BIT;
	__atomic_store_n(ring->consumer, *ring->consumer + ((head + BPF_RINGBUF_HDR_SZ + 7) & ~7ul), __ATOMIC_RELEASE);
}

/* False if the first record that could be earlier is still being written. */
static bool take_earlier(struct ring *ring, __u64 time, struct drain *drain)
{
	while (!is_ring_empty(ring)) {
		__u32 head = oldest_head(ring);

		if (!head)
			return false;
		if (!(head & BPF_RINGBUF_DISCARD_BIT) && oldest_frame(ring)->time >= time)
			return true;
		take_oldest(ring, head, drain);
	}
	return true;
}

/* Up to the positions; false if it met a record that is still being written. */
static bool take_until(struct rings *rings, unsigned long events, unsigned long files, struct drain *drain)
{
	while ((long)(events - *rings->events.consumer) > 0) {
		__u32 head = oldest_head(&rings->events);

		if (!head)
			return false;
		if (!(head & BPF_RINGBUF_DISCARD_BIT) && !take_earlier(&rings->files, oldest_frame(&rings->events)->time, drain))
			return false;
		take_oldest(&rings->events, head, drain);
	}
	while (rings->files.data && (long)(files - *rings->files.consumer) > 0) {
		__u32 head = oldest_head(&rings->files);

		if (!head)
			return false;
		take_oldest(&rings->files, head, drain);
	}
	return true;
}

/* The files' position first: whose file it was is then told before it. */
static void measure(const struct rings *rings, unsigned long *events, unsigned long *files)
{
	*files = rings->files.data ? written(&rings->files) : 0;
	*events = written(&rings->events);
}

size_t drain_rings(struct rings *rings, frame_handler handler, void *context)
{
	struct drain drain = {.handler = handler, .context = context};
	unsigned long events, files;

	measure(rings, &events, &files);
	take_until(rings, events, files, &drain);
	return drain.bytes;
}

void drain_rings_fully(struct rings *rings, frame_handler handler, void *context)
{
	struct drain drain = {.handler = handler, .context = context};
	unsigned long events, files;

	measure(rings, &events, &files);
	while (!take_until(rings, events, files, &drain))
		sched_yield();
}
