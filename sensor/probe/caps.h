/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_CAPS_H
#define CHAPERONE_CAPS_H

#include <sys/types.h>

/*
 * Gives up, for good, everything but the open files: the user and group (unless 0, which keeps them), every capability, and the way back to
 * any by an exec. Nobody may trace or read this process afterwards. What could not be given up is said on stderr.
 * Of the supplementary groups `kept` stays (0: none).
 */
void drop_privileges(uid_t user, gid_t kept);

#endif
