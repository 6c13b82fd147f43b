/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_FORWARD_H
#define CHAPERONE_FORWARD_H

#include <poll.h>

#include "frames.h"
#include "prove.h"

/* Sizes in bytes, powers of two. */
struct sizes {
	struct ring_sizes rings;
	size_t queue;
};

/* From the ring through the queue to the peer. */
struct forwarder {
	struct identity identity;
	struct sensor sensor;
	struct rings rings;
	struct queue queue;
	struct proof proof;
	int peer; /* or -1 */
	struct word greeting; /* goes before the queue to a new peer */
	size_t greeting_left;
	struct commands commands;
	struct event_counters *counters;
	__u64 stats_due; /* 0 before the first */
	bool awaits_step; /* a runner began, and none of its steps yet */
};

/* Loads, attaches and proves, unless the scope was not found (identity->reason says why); then tells identity->armed. 0 if armed. */
int arm(struct forwarder *forwarder, struct sizes sizes, int scope_error);

/* Greets a peer, which gets everything from here on. */
void greet_peer(struct forwarder *forwarder, int fd, unsigned int restarts);

/* Forgets the peer; what it was not given whole goes to the next one. */
void lose_peer(struct forwarder *forwarder);

enum { POLL_RING, POLL_PEER, FORWARD_POLLS };

/* Passes on what is there, and says what to wait for. Returns for how long at most, in ms. */
int forward(struct forwarder *forwarder, struct pollfd polls[FORWARD_POLLS]);

/* After the wait. -1 if the peer is gone. */
int after_wait(struct forwarder *forwarder, const struct pollfd polls[FORWARD_POLLS]);

/* The end: passes on everything that happened, and the account; waits two seconds at most for the peer to take it. */
void finish(struct forwarder *forwarder);

#endif
