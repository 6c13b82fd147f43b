/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_CGROUP_H
#define CHAPERONE_CGROUP_H

#include <limits.h>
#include <linux/types.h>

#include "fault.h"

/* The cgroup to observe, and the one below it whose processes are the sensor's own. */
struct scope {
	int fd;			/* of the observed cgroup, or -1 */
	__u64 id;
	__u32 level;		/* depth below the hierarchy's root */
	__u64 own_id;
	char path[PATH_MAX];	/* as given, or "" */
	char own_path[PATH_MAX]; /* where a canary must go to be in the sensor's own cgroup, or "" if the probe is there itself */
	__u64 memory_limit;	/* bytes, of the sensor's container; 0 if there is none or it cannot be read */
};

/* In a pod: the parent of the container's cgroup. pod_uid may be NULL; with it, sub-groups that a runtime adds are seen through. */
int find_pod(struct scope *scope, const char *pod_uid, struct fault *fault);

/* In local mode: the cgroup at the path, with a cgroup for the canary made below it, until close_local. */
int open_local(struct scope *scope, const char *path, struct fault *fault);

/* Removes the canary's cgroup. */
void close_local(struct scope *scope);

/* Moves the calling process into the cgroup at the path. */
int enter_cgroup(const char *path, struct fault *fault);

/* A mount point of the cgroup2 hierarchy, from /proc/self/mountinfo: there is no fixed one. */
int find_cgroup2_mount(char *path, unsigned int size, struct fault *fault);

#endif
