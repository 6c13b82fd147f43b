/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What cgroup.bpf.c tells the probe. */
#ifndef CHAPERONE_CGROUP_BPF_H
#define CHAPERONE_CGROUP_BPF_H

#include <linux/types.h>

#define CGROUP_LEVELS 32
#define CGROUP_NAME_BYTES 128

/* By level; the root is 0. */
struct own_cgroups {
	__u32 level;
	__u32 pad;
	__u64 ids[CGROUP_LEVELS];
	char names[CGROUP_LEVELS][CGROUP_NAME_BYTES];
};

#endif
