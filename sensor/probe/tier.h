/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels differ in the kinds of hook that they let a program sit at; what can be seen depends on it (docs/coverage.md). */
#ifndef CHAPERONE_TIER_PROBE_H
#define CHAPERONE_TIER_PROBE_H

#include <stdbool.h>

struct sensor_bpf;

/* Each sees what those before it see, and more. */
enum tier {
	TIER_BLIND,		/* nothing: not armed */
	TIER_TRACEPOINT,	/* tracepoints and the hooks of cgroups */
	TIER_TRAMPOLINE,	/* also at kernel functions */
	TIER_LSM,		/* the BPF LSM in place of kernel functions: at the pod's cgroup alone */
	TIERS,
};

extern const char *const tier_names[TIERS];

/*
 * Before load: leaves out what this kernel refuses to load. Each kind is tried with a program that does nothing. What loads and even attaches may
 * still never run: choose_tier decides.
 */
void leave_out_unsupported(struct sensor_bpf *programs);

/* Before load, where system calls are looked at: also at those that reach into memory or load a BPF program. */
void watch_reaches(struct sensor_bpf *programs);

/* Whether a program that finds no place is to be missed: one of a tier is not. */
bool is_of_tier(const struct sensor_bpf *programs, int index);

/* Detaches what does not belong to the tier. */
void choose_tier(struct sensor_bpf *programs, enum tier tier);

#endif
