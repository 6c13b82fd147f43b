/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which processes are observed: those of one cgroup and below, except the sensor's own. */
#ifndef CHAPERONE_SCOPE_H
#define CHAPERONE_SCOPE_H

#include "kernel.h"

/* Set before load. An id of 0 observes nothing: a task above the level has ancestor id 0, which must never match. */
const volatile __u64 observed_cgroup = 0;
const volatile __u32 observed_level = 0;
/* A child of the observed cgroup: the sensor's container, or the canary's cgroup. */
const volatile __u64 own_cgroup = 0;

/* The probe sets it while its canary runs in own_cgroup, and never again. */
__u32 proving = 0;

enum scope {
	OUTSIDE,
	OWN, /* the sensor's, which nothing is told of */
	OBSERVED,
	PROOF,
};

static __always_inline bool is_told(enum scope scope)
{
	return scope == OBSERVED || scope == PROOF;
}

static __always_inline enum scope scope_of(__u64 ancestor, __u64 below)
{
	if (!observed_cgroup || ancestor != observed_cgroup)
		return OUTSIDE;
	if (own_cgroup && below == own_cgroup)
		return proving ? PROOF : OWN;
	return OBSERVED;
}

static __always_inline enum scope scope_of_current(void)
{
	return scope_of(bpf_get_current_ancestor_cgroup_id(observed_level),
			bpf_get_current_ancestor_cgroup_id(observed_level + 1));
}

/* The cgroup at one more than a level exists only if the group itself lies that deep. */
static __always_inline __u64 ancestor_id(struct cgroup *group, __u32 level)
{
	struct cgroup *ancestor = NULL;

	if ((__u32)BPF_CORE_READ(group, level) < level)
		return 0;
	bpf_probe_read_kernel(&ancestor, sizeof(ancestor),
			      (void *)group + bpf_core_field_offset(struct cgroup, ancestors) + level * sizeof(ancestor));
	return BPF_CORE_READ(ancestor, kn, id);
}

static __always_inline enum scope scope_of_group(struct cgroup *group)
{
	return scope_of(ancestor_id(group, observed_level), ancestor_id(group, observed_level + 1));
}

/* A child may be born in another cgroup than its parent's (CLONE_INTO_CGROUP). */
static __always_inline enum scope scope_of_child(struct task_struct *parent, struct task_struct *child)
{
	struct cgroup *group = BPF_CORE_READ(child, cgroups, dfl_cgrp);

	if (group == BPF_CORE_READ(parent, cgroups, dfl_cgrp))
		return scope_of_current();
	return scope_of_group(group);
}

#endif
