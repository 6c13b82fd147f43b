/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_FAULT_H
#define CHAPERONE_FAULT_H

/* Why something could not be done: one sentence, for a log line, the first frame and the pod's status. */
struct fault {
	char text[512];
};

/* Writes the sentence; returns -1, so that a failing function can end with it. */
int fail(struct fault *fault, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
