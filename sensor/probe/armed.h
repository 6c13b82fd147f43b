/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_ARMED_H
#define CHAPERONE_ARMED_H

#include "frames.h"

/* In a folder that only the sensor's container has. */
#define ARMED_SOCKET "armed.sock"

/* Listens for those who want to know whether the sensor is armed: opened once that is known. -1 after a word on stderr. */
int open_armed_socket(const char *run_dir);

/* Answers everyone who waits, by a line {"armed":true} or {"armed":false,"reason":"…"}. */
void answer_armed(int listener, const struct identity *identity);

/*
 * The postStart hook: waits for that line, CHAPERONE_ARM_TIMEOUT_SECONDS (10) at most, for a hook that never ends keeps a pod from being
 * deleted. 0 if armed, else 0 or 1 as CHAPERONE_FAILURE_MODE is Open (the default) or Closed, with a line on stderr.
 */
int wait_armed(const char *run_dir);

#endif
