// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attach.h"
#include "caps.h"
#include "forward.h"
#include "signals.h"

#define EXIT_NOT_ARMED 3

/* Until the peer closes its end, or SIGTERM. */
static void serve(struct forwarder *forwarder, int signals)
{
	for (;;) {
		struct pollfd polls[FORWARD_POLLS + 1];
		int timeout = forward(forwarder, polls);

		polls[FORWARD_POLLS] = (struct pollfd){.fd = signals, .events = POLLIN};
		if (poll(polls, FORWARD_POLLS + 1, timeout) < 0 && errno != EINTR)
			return;
		if (after_wait(forwarder, polls))
			return;
		if (polls[FORWARD_POLLS].revents && take_signals(signals).terminate)
			return;
	}
}

int run_attach(const char *cgroup, int fd, struct sizes sizes)
{
	static struct forwarder forwarder;
	struct identity *identity = &forwarder.identity;
	int signals = open_signals(false), error;

	identity->mode = "attach";
	error = arm(&forwarder, sizes, open_local(&identity->scope, cgroup, &identity->reason));
	close_local(&identity->scope);
	drop_privileges((struct kept_identity){0});
	greet_peer(&forwarder, fd, 0);
	if (error) {
		fprintf(stderr, "chaperone: %s\n", identity->reason.text);
		finish(&forwarder);
		return EXIT_NOT_ARMED;
	}
	serve(&forwarder, signals);
	finish(&forwarder);
	return 0;
}
