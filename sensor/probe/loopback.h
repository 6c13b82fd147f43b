/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_LOOPBACK_H
#define CHAPERONE_LOOPBACK_H

#include <stdbool.h>

#include "fault.h"

enum loopback_port { TCP4, UDP4, TCP6, UDP6, PORTS };

/* Listeners of the probe's own, for its canary. */
struct loopback {
	int fds[PORTS];
	unsigned short ports[PORTS];
	bool has_ipv6;
};

/* A machine without IPv6 on its loopback interface is fine. */
int open_loopback(struct loopback *loopback, struct fault *fault);

void close_loopback(struct loopback *loopback);

#endif
