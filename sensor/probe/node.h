/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_NODE_H
#define CHAPERONE_NODE_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>

/* The sensor's unprivileged part, a Node process, and when to start it again. Times are CLOCK_BOOTTIME in ns; 0 is never. */
struct node {
	char **command;
	pid_t pid;		/* 0 while there is none */
	unsigned int restarts;
	unsigned int quick_deaths; /* in a row */
	__u64 started;
	__u64 start_due;
	bool heard;		/* it has said something, so it listens to SIGTERM */
	__u64 ask_due;		/* it is to be asked to end once it was heard, at this time in any case */
	int ask_signal;
	__u64 kill_due;		/* it was, or is to be, asked to end */
	__u64 memory_due;
	bool limited;		/* what memory it may have was looked at since it was heard */
	__u64 memory_limit;	/* of the container; 0 if unknown */
};

/* Starts it now; returns the probe's end of the socket that it has as fd 3, or -1 (it is tried again later). */
int start_node(struct node *node);

/*
 * Asks it to end, once it was heard: by SIGTERM with everything, by SIGHUP so that the next one goes on where it was. It is killed if it has
 * not ended after grace_ns.
 */
void stop_node(struct node *node, int signal, __u64 grace_ns);

/* It has ended: plans the next start, at once after the first death and later and later after quick ones. */
void plan_restart(struct node *node);

/* Kills it when its time is over, and asks it to end before its memory has the whole container killed. Returns ms until the next look. */
int watch_node(struct node *node);

#endif
