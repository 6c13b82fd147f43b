/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_PROVE_H
#define CHAPERONE_PROVE_H

#include <stdbool.h>

#include "load.h"
#include "ring.h"
#include "tier.h"

enum hook {
	PROVED_FORK,
	PROVED_EXEC,
	PROVED_EXIT,
	PROVED_CONNECT4,
	PROVED_SENDMSG4,
	PROVED_CONNECT6,
	PROVED_SENDMSG6,
	PROVED_SOCK_CREATE,
	PROVED_SOCK_RELEASE,
	PROVED_SOCKOPS,
	PROVED_ACCEPT,
	PROVED_EGRESS,
	PROVED_INGRESS,
	PROVED_ERROR_REPORT,
	PROVED_QUESTION,
	PROVED_ANSWER,
	PROVED_OPENING,
	PROVED_CONNECT_UNIX,
	PROVED_OPEN,
	PROVED_TRAMPOLINE,	/* not every kernel has this one and the next */
	PROVED_LSM,
	PROVED_OPEN_TRAMPOLINE,
	HOOKS,
};

extern const char *const hook_names[HOOKS];

/*
 * What the canary did, and what the kernel told of it. Without IPv6 on loopback its hooks are not asked for, nor what the kernel does not
 * have, nor files unless they are watched at the end of system calls.
 */
struct proof {
	bool wanted[HOOKS];
	bool seen[HOOKS];
	enum tier tier;
	bool watches_files;
};

/*
 * A program that attaches without an error may still never run. So a child of the probe's forks, executes this program again, connects to
 * listeners of the probe's on loopback and to itself, opens its own /proc/self/environ, reaches into its parent's memory, and exits; 0 once every
 * one of these came through the ring. At which hook the last was seen decides the tier. Its events carry FLAG_PROOF, have no sequence numbers and
 * end here; any other event meanwhile goes to the handler.
 */
int prove(const struct sensor *sensor, const struct scope *scope, struct rings *rings, struct proof *proof, frame_handler handler, void *context,
	  struct fault *fault);

/* The canary's own part: `probe canary TCP4 UDP4 [TCP6 UDP6]`, ports on loopback. */
int run_canary(int argc, char **argv);

#endif
