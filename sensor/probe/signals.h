/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_SIGNALS_H
#define CHAPERONE_SIGNALS_H

#include <stdbool.h>

/* The signals that the probe takes from a file descriptor: SIGTERM, SIGCHLD and, where asked for, SIGINT. Others that could end it are ignored. */
int open_signals(bool with_interrupt);

/* In a new child, before its exec: signals as a program expects them. */
void restore_signals(void);

struct signals {
	bool terminate;
	bool child;
};

struct signals take_signals(int fd);

#endif
