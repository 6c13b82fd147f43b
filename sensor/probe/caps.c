// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "caps.h"

static void become(struct kept_identity kept)
{
	uid_t user = kept.user;

	if (setgroups(kept.group ? 1 : 0, &kept.group) || setresgid(user, user, user) || setresuid(user, user, kept.saved_root ? 0 : user))
		fprintf(stderr, "chaperone: cannot become user %u: %s; going on as user %u without capabilities\n", user, strerror(errno),
			getuid());
}

/* Needs CAP_SETPCAP, which a sensor in a pod does not have; no_new_privs makes the set meaningless there. */
static void empty_bounding_set(void)
{
	for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
		prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

static void empty_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &header, none))
		fprintf(stderr, "chaperone: cannot give up the capabilities: %s\n", strerror(errno));
}

void drop_privileges(struct kept_identity kept)
{
	empty_bounding_set();
	if (kept.user)
		become(kept);
	empty_capabilities();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		fprintf(stderr, "chaperone: cannot set no_new_privs: %s\n", strerror(errno));
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
