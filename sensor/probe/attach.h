/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_ATTACH_H
#define CHAPERONE_ATTACH_H

#include "forward.h"

/* Local mode: observes the cgroup at the path and below, and gives frames to the socket until its other end is closed. */
int run_attach(const char *cgroup, int fd, struct sizes sizes);

#endif
