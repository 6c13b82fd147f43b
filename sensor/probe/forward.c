// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "forward.h"

/*
 * How long events gather while there are any. Most of what few events cost is waking up for them, here and in Node; telling may be late by this,
 * deciding never waits for it. Where they come fast they are fetched before the rings are full; and before a runner's first step nothing gathers
 * long, since the runner's words on its job have to be read before a step can change them.
 */
#define GATHER_MS 50
#define GATHER_MS_AT_ONCE 5
#define STORM_BYTES (64 * 1024)
#define STATS_INTERVAL_NS (2 * SECOND_NS)
#define FINISH_TIMEOUT_NS (2 * SECOND_NS)

static int load_and_prove(struct forwarder *forwarder, struct ring_sizes sizes);

static void note_runner(struct forwarder *forwarder, const struct event_header *frame)
{
	if (frame->type != FRAME_EXEC)
		return;
	if (frame->flags & FLAG_RUNNER)
		forwarder->awaits_step = true;
	else if ((frame->flags & FLAG_RUNNER_CHILD) && ((const struct exec_event *)frame)->env_len)
		forwarder->awaits_step = false;
}

static void on_event(void *context, const struct event_header *frame)
{
	struct forwarder *forwarder = context;

	/* What a canary left behind is not of the job. */
	if (frame->flags & FLAG_PROOF)
		return;
	note_runner(forwarder, frame);
	push_event(&forwarder->queue, frame);
}

int arm(struct forwarder *forwarder, struct sizes sizes, int scope_error)
{
	struct identity *identity = &forwarder->identity;

	forwarder->peer = -1;
	identity->started = now_ns();
	identity->file_watch = sizes.rings.file_watch;
	if (open_queue(&forwarder->queue, sizes.queue, &identity->reason))
		return -1;
	if (!scope_error)
		identity->armed = !load_and_prove(forwarder, sizes.rings);
	identity->tier = identity->armed ? forwarder->proof.tier : TIER_BLIND;
	malloc_trim(0); /* libbpf read the kernel's types: megabytes that are not needed again */
	return identity->armed ? 0 : -1;
}

static int open_rings(struct rings *rings, const struct sensor *sensor, struct ring_sizes sizes, struct fault *fault)
{
	if (open_ring(&rings->events, sensor->ring_fd, sizes.events, fault))
		return -1;
	return sensor->file_ring_fd >= 0 ? open_ring(&rings->files, sensor->file_ring_fd, sizes.files, fault) : 0;
}

static int load_and_prove(struct forwarder *forwarder, struct ring_sizes sizes)
{
	struct sensor *sensor = &forwarder->sensor;
	struct identity *identity = &forwarder->identity;
	struct fault *reason = &identity->reason;

	if (load_sensor(sensor, &identity->scope, sizes, reason))
		return -1;
	forwarder->counters = calloc(sensor->cpus, sizeof(*forwarder->counters));
	if (!forwarder->counters || open_rings(&forwarder->rings, sensor, sizes, reason) ||
	    prove(sensor, &identity->scope, &forwarder->rings, &forwarder->proof, on_event, forwarder, reason)) {
		unload_sensor(sensor);
		return -1;
	}
	identity->watches_files = forwarder->proof.watches_files;
	return 0;
}

void greet_peer(struct forwarder *forwarder, int fd, unsigned int restarts)
{
	forwarder->peer = fd;
	forwarder->commands.len = forwarder->commands.skip = 0;
	make_hello(&forwarder->greeting, &forwarder->identity, &forwarder->queue, restarts);
	forwarder->greeting_left = forwarder->greeting.header.len;
}

void lose_peer(struct forwarder *forwarder)
{
	if (forwarder->peer >= 0)
		close(forwarder->peer);
	forwarder->peer = -1;
	rewind_queue(&forwarder->queue);
}

/* -1 if the peer is gone. */
static int write_greeting(struct forwarder *forwarder)
{
	while (forwarder->greeting_left) {
		const char *from = forwarder->greeting.bytes + forwarder->greeting.header.len - forwarder->greeting_left;
		ssize_t size = send(forwarder->peer, from, forwarder->greeting_left, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (size < 0 && errno != EINTR)
			return errno == EAGAIN ? 0 : -1;
		if (size > 0)
			forwarder->greeting_left -= size;
	}
	return 0;
}

/* A write to a peer that is gone fails here in silence: reading tells it, and decides. */
static void write_peer(struct forwarder *forwarder)
{
	if (forwarder->peer >= 0 && !write_greeting(forwarder) && !forwarder->greeting_left)
		write_queue(&forwarder->queue, forwarder->peer);
}

static bool has_more(const struct forwarder *forwarder)
{
	return forwarder->peer >= 0 && (forwarder->greeting_left || !is_queue_written(&forwarder->queue));
}

static void push_stats(struct forwarder *forwarder)
{
	static struct word word;

	make_stats(&word, &forwarder->sensor, &forwarder->queue, forwarder->counters);
	push_word(&forwarder->queue, &word.header);
	forwarder->stats_due = now_ns() + STATS_INTERVAL_NS;
}

/* Only for a peer that is there: an absent one is not owed old accounts. */
static int tell_stats(struct forwarder *forwarder)
{
	__u64 now = now_ns();

	if (forwarder->peer >= 0 && now >= forwarder->stats_due)
		push_stats(forwarder);
	now = now_ns();
	return forwarder->stats_due > now ? (int)((forwarder->stats_due - now) / MILLISECOND_NS) + 1 : 1000;
}

/* How long to let more gather, in ms; negative if nothing was there: then the kernel will wake the probe at the next event. */
static int drain(struct forwarder *forwarder)
{
	size_t bytes;

	if (!forwarder->sensor.programs)
		return -1;
	bytes = drain_rings(&forwarder->rings, on_event, forwarder);
	if (!bytes) {
		__atomic_store_n(forwarder->sensor.idle, 1, __ATOMIC_SEQ_CST);
		if (are_rings_empty(&forwarder->rings))
			return -1;
		*forwarder->sensor.idle = 0;
	}
	return bytes > STORM_BYTES || forwarder->awaits_step ? GATHER_MS_AT_ONCE : GATHER_MS;
}

int forward(struct forwarder *forwarder, struct pollfd polls[FORWARD_POLLS])
{
	int gather = drain(forwarder), timeout = tell_stats(forwarder);

	write_peer(forwarder);
	polls[POLL_RING] = (struct pollfd){.fd = gather >= 0 || !forwarder->sensor.programs ? -1 : forwarder->sensor.ring_fd, .events = POLLIN};
	polls[POLL_PEER] = (struct pollfd){.fd = forwarder->peer, .events = POLLIN | (has_more(forwarder) ? POLLOUT : 0)};
	return gather >= 0 && timeout > gather ? gather : timeout;
}

/* Everything that happened, and the account of it. */
static void gather(struct forwarder *forwarder)
{
	if (forwarder->sensor.programs) {
		tell_repeats_of_living(&forwarder->sensor);
		drain_rings_fully(&forwarder->rings, on_event, forwarder);
	}
	push_stats(forwarder);
}

static void flush(struct forwarder *forwarder, unsigned long long id)
{
	static struct word word;

	gather(forwarder);
	make_flushed(&word, id);
	push_word(&forwarder->queue, &word.header);
}

static void on_command(void *context, const struct event_header *command, unsigned long long number)
{
	struct forwarder *forwarder = context;

	if (command->type == FRAME_FLUSH)
		flush(forwarder, number);
	else if (command->type == FRAME_ACK)
		acknowledge(&forwarder->queue, number);
	else if (command->type == FRAME_AGENT && forwarder->sensor.programs)
		mark_agent(&forwarder->sensor, command->tgid, command->image);
}

int after_wait(struct forwarder *forwarder, const struct pollfd polls[FORWARD_POLLS])
{
	if (forwarder->sensor.programs)
		*forwarder->sensor.idle = 0;
	if (!(polls[POLL_PEER].revents & (POLLIN | POLLHUP | POLLERR)))
		return 0;
	return read_commands(&forwarder->commands, forwarder->peer, on_command, forwarder);
}

void finish(struct forwarder *forwarder)
{
	__u64 deadline = now_ns() + FINISH_TIMEOUT_NS;
	struct pollfd peer = {.fd = forwarder->peer, .events = POLLOUT};

	if (forwarder->peer < 0)
		return;
	gather(forwarder);
	write_peer(forwarder);
	while (has_more(forwarder) && now_ns() < deadline && poll(&peer, 1, 100) >= 0 && !(peer.revents & (POLLERR | POLLHUP)))
		write_peer(forwarder);
}
