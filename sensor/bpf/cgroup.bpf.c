// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Run once by the probe, in its own context: in which cgroups it is, from its own up to the root. In a private cgroup namespace nothing else
 * tells it.
 */
#include "kernel.h"
#include "cgroup.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct own_cgroups own = {};

static struct cgroup *parent_of(struct cgroup *group)
{
	/* The state is the group's first field. */
	return (struct cgroup *)BPF_CORE_READ(group, self.parent);
}

SEC("raw_tp")
int find_cgroups(void *ctx)
{
	struct task_struct *current = (void *)bpf_get_current_task();
	struct cgroup *group = BPF_CORE_READ(current, cgroups, dfl_cgrp);

	own.level = BPF_CORE_READ(group, level);
	for (__u32 i = 0; i < CGROUP_LEVELS && group; i++) {
		__u32 level = own.level - i;

		if (level < CGROUP_LEVELS) {
			own.ids[level] = BPF_CORE_READ(group, kn, id);
			bpf_probe_read_kernel_str(own.names[level], CGROUP_NAME_BYTES, BPF_CORE_READ(group, kn, name));
		}
		group = parent_of(group);
	}
	return 0;
}
