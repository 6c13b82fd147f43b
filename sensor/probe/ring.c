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
	/* The producer's page and then the data twice, so that a record is never torn at the end. */
	char *producer = mmap(NULL, page + 2 * size, PROT_READ, MAP_SHARED, fd, page);

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

bool is_ring_empty(const struct ring *ring)
{
	return *ring->consumer == written(ring);
}

/* Hands over one record; false if there is none or it is still being written. */
static bool take_record(struct ring *ring, frame_handler handler, void *context, size_t *count)
{
	unsigned long at = *ring->consumer;
	const char *record = ring->data + (at & (ring->size - 1));
	__u32 head;

	if (at == written(ring))
		return false;
	head = __atomic_load_n((const __u32 *)record, __ATOMIC_ACQUIRE);
	if (head & BPF_RINGBUF_BUSY_BIT)
		return false;
	if (!(head & BPF_RINGBUF_DISCARD_BIT)) {
		handler(context, (const struct event_header *)(record + BPF_RINGBUF_HDR_SZ));
		(*count)++;
	}
	head &= ~(__u32)(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
	__atomic_store_n(ring->consumer, at + ((head + BPF_RINGBUF_HDR_SZ + 7) & ~7ul), __ATOMIC_RELEASE);
	return true;
}

size_t drain_ring(struct ring *ring, frame_handler handler, void *context)
{
	unsigned long until = written(ring);
	size_t count = 0;

	while ((long)(until - *ring->consumer) > 0 && take_record(ring, handler, context, &count))
		;
	return count;
}

void drain_ring_fully(struct ring *ring, frame_handler handler, void *context)
{
	unsigned long until = written(ring);
	size_t count = 0;

	while ((long)(until - *ring->consumer) > 0)
		if (!take_record(ring, handler, context, &count))
			sched_yield();
}
