// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "queue.h"

/* Kept free by events, for hello, stats and flushed. */
#define ROOM_FOR_WORDS (64 * 1024)
/* A queue that held more than this gives its memory back once it is empty. */
#define MEMORY_KEPT (256 * 1024)

int open_queue(struct queue *queue, size_t size, struct fault *fault)
{
	memset(queue, 0, sizeof(*queue));
	/* Pages are taken by the kernel as they are used. */
	queue->bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (queue->bytes == MAP_FAILED)
		return fail(fault, "no memory for the queue: %s", strerror(errno));
	queue->size = size;
	return 0;
}

static bool push(struct queue *queue, const struct event_header *frame, size_t kept_free)
{
	size_t held = queue->tail - queue->head, at = queue->tail & (queue->size - 1), first = queue->size - at;

	if (held + frame->len + kept_free > queue->size)
		return false;
	if (first > frame->len)
		first = frame->len;
	memcpy(queue->bytes + at, frame, first);
	memcpy(queue->bytes, (const char *)frame + first, frame->len - first);
	queue->tail += frame->len;
	if (held + frame->len > queue->peak)
		queue->peak = held + frame->len;
	return true;
}

/*
 * What an event leaves free when the peer is slow. Changes of files, of which there may be a flood, and the chunks of long arguments leave
 * half of it to what says more; and the last to go are the beginnings and ends of jobs and steps.
 */
static size_t room_left_by(const struct event_header *frame, size_t size)
{
	if (frame->type == FRAME_FILE || frame->type == FRAME_ARGV)
		return size / 2;
	return ROOM_FOR_WORDS + (frame->flags & (FLAG_RUNNER | FLAG_RUNNER_CHILD) ? 0 : size / 8);
}

void push_event(struct queue *queue, const struct event_header *frame)
{
	if (!push(queue, frame, room_left_by(frame, queue->size)))
		queue->dropped[frame->type - FRAME_FORK]++;
}

bool push_word(struct queue *queue, const struct event_header *frame)
{
	return push(queue, frame, 0);
}

/* Frames are 8-aligned and so is the end, so a header's first fields are never torn. */
static const struct event_header *frame_at(const struct queue *queue, __u64 position)
{
	return (const struct event_header *)(queue->bytes + (position & (queue->size - 1)));
}

/* From the first page again, so that a queue which is mostly empty takes few. */
static void start_over(struct queue *queue)
{
	queue->base += queue->head;
	queue->head = queue->written = queue->acked = queue->tail = 0;
	if (queue->peak <= MEMORY_KEPT)
		return;
	madvise(queue->bytes, queue->size, MADV_DONTNEED);
	queue->peak = 0;
}

static void release(struct queue *queue)
{
	__u64 until = queue->acknowledged ? queue->acked : queue->written;

	while (queue->head < until) {
		const struct event_header *frame = frame_at(queue, queue->head);

		if (queue->head + frame->len > until)
			return;
		if (frame->type < FRAME_HELLO)
			queue->forwarded[frame->type - FRAME_FORK]++;
		queue->head += frame->len;
	}
	if (is_queue_empty(queue))
		start_over(queue);
}

int write_queue(struct queue *queue, int fd)
{
	while (queue->written < queue->tail) {
		size_t at = queue->written & (queue->size - 1), left = queue->tail - queue->written;
		size_t first = left < queue->size - at ? left : queue->size - at;
		struct iovec parts[2] = {{queue->bytes + at, first}, {queue->bytes, left - first}};
		struct msghdr message = {.msg_iov = parts, .msg_iovlen = first < left ? 2 : 1};
		ssize_t size = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return errno == EAGAIN || errno == ENOBUFS ? 0 : -1;
		queue->written += size;
		release(queue);
	}
	return 0;
}

void acknowledge(struct queue *queue, __u64 position)
{
	__u64 acked = position - queue->base;

	queue->acknowledged = true;
	if (position < queue->base || acked > queue->written || acked < queue->acked)
		return;
	queue->acked = acked;
	release(queue);
}

void rewind_queue(struct queue *queue)
{
	queue->written = queue->head;
}
