/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_LOAD_H
#define CHAPERONE_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "../bpf/counters.h"
#include "cgroup.h"
#include "fault.h"
#include "files.h"

struct sensor_bpf;

/* Where kernel and probe set words for each other; the kernel programs' global data, mapped. */
struct sensor {
	struct sensor_bpf *programs;
	int ring_fd;
	int file_ring_fd;	/* -1 where files are not watched */
	int counters_fd;
	int cpus;		/* possible ones */
	volatile __u32 *idle;	/* see bpf/ring.h */
	volatile __u32 *proving; /* see bpf/scope.h */
	bool has_unix_hook;	/* the kernel tells of unix sockets: since 6.7 */
	bool sees_calls;	/* the end of each system call is looked at, for files */
};

/* In bytes, powers of two. */
struct ring_sizes {
	size_t events;
	size_t files; /* taken only where they are watched */
	enum file_watch file_watch;
};

/* Loads and attaches every program that is asked for. On failure nothing stays attached. */
int load_sensor(struct sensor *sensor, const struct scope *scope, struct ring_sizes rings, struct fault *fault);

/* Detaches and forgets every program; fine after a failed load. */
void unload_sensor(struct sensor *sensor);

/* Has the kernel programs tell what processes that live did again to files. Else that is told at the end of each. */
void tell_repeats_of_living(const struct sensor *sensor);

/* From now on executions of this process, if it still runs this image, and of what it forks are told as an agent's (FLAG_AGENT). */
void mark_agent(const struct sensor *sensor, __u32 tgid, __u64 image);

/* Copies the account of each CPU; `counters` has room for sensor->cpus. */
int read_counters(const struct sensor *sensor, struct event_counters *counters);

/* How many of the programs at the cgroup somebody else has detached, for which it takes CAP_SYS_ADMIN: they tell nothing any more. */
int count_detached(const struct sensor *sensor);

#define MAX_PROGRAMS 64

struct program_cost {
	const char *name; /* valid until the programs are unloaded */
	__u32 verified_instructions;
};

/* What the loaded programs cost the kernel's verifier; `costs` has room for MAX_PROGRAMS. Returns how many there are. */
int read_program_costs(const struct sensor *sensor, struct program_cost *costs);

/* libbpf's own words go nowhere but into the sentence of a fault. */
void silence_libbpf(void);

#endif
