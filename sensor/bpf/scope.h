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

/*
 * A function that few come to, of a hook that each process of the node comes by and that each sensor of the node has a copy of: what is left of the
 * hook then lies in a cache line or two.
 */
#define APART_FROM_THE_HOOK __noinline

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

static __always_inline bool is_observed(__u64 ancestor)
{
	return observed_cgroup && ancestor == observed_cgroup;
}

/* Of what is observed, by its cgroup one level below. */
static __always_inline enum scope scope_below(__u64 below)
{
	if (own_cgroup && below == own_cgroup)
		return proving ? PROOF : OWN;
	return OBSERVED;
}

/* Most processes of a node are other pods', and each sensor of the node asks this of each: one question decides for them. */
static __always_inline enum scope scope_of_current(void)
{
	if (!is_observed(bpf_get_current_ancestor_cgroup_id(observed_level)))
		return OUTSIDE;
	return scope_below(bpf_get_current_ancestor_cgroup_id(observed_level + 1));
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
	return is_observed(ancestor_id(group, observed_level)) ? scope_below(ancestor_id(group, observed_level + 1)) : OUTSIDE;
}

/* A child may be born in another cgroup than its parent's (CLONE_INTO_CGROUP). */
static __always_inline bool is_born_elsewhere(struct task_struct *parent, struct task_struct *child)
{
	return child->cgroups->dfl_cgrp != parent->cgroups->dfl_cgrp;
}

#endif
