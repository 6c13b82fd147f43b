/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_CAPS_H
#define CHAPERONE_CAPS_H

#include <stdbool.h>
#include <sys/types.h>

/* What stays of the identity. */
struct kept_identity {
	uid_t user;	 /* 0: user and group stay as they are */
	gid_t group;	 /* supplementary; 0: none */
	bool saved_root; /* user 0 can be taken on again, without any capability */
};

/*
 * Gives up, for good, everything but the open files and what is kept: the user and group, every capability, and the way back to
 * any by an exec. Nobody may trace or read this process afterwards. What could not be given up is said on stderr.
 */
void drop_privileges(struct kept_identity kept);

#endif
