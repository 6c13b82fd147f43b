/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Where an exec's event is put together: it is too large for the stack. */
#ifndef CHAPERONE_SCRATCH_H
#define CHAPERONE_SCRATCH_H

#include "events.h"
#include "kernel.h"
#include "path.h"
#include "scratch-tries.h"

#define ENV_VALUE_BYTES 512
/* The longest allowed key with '=', its value, and a byte that tells a longer one. */
#define ENV_CHUNK_BYTES 544

enum wanted_variables {
	VARIABLES_OF_STEP = 1 << 0,
	VARIABLES_OF_AGENT = 1 << 1,
};

/* What the loop over the variables knows lies here and not on the stack, so that the verifier need not follow each of its values. */
struct environment {
	__u64 position, end;	/* in the process */
	__u32 taken_len;
	__u32 seen;		/* keys, by bit */
	__u32 inside;		/* position lies within a variable */
	__u32 incomplete;
	__u32 key_len;		/* of the variable at hand */
	__u32 wanted;		/* enum wanted_variables; TRACEPARENT is of both */
	char chunk[ENV_CHUNK_BYTES];
	char taken[ENV_BYTES];
};

#define EXEC_DATA_BYTES (PATH_BYTES + FILENAME_BYTES + PATH_BYTES + ARGV_BYTES + ENV_BYTES)

struct exec_frame {
	struct exec_event event;
	char data[EXEC_DATA_BYTES + 8]; /* 8 for the padding */
};

struct scratch {
	__u32 busy;
	__u32 end; /* of what is in frame.data; kept here and not on the stack for the verifier, as above */
	struct exec_frame frame;
	struct path_buffer path;
	struct environment env;
};


/*
 * One a CPU and a few spare. Taken by a flag and not just by CPU, so that an exec which is preempted in the middle (as a kernel may allow)
 * keeps its own.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SCRATCH_TRIES);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

static __always_inline struct scratch *take_scratch(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	for (__u32 i = 0; i < SCRATCH_TRIES; i++) {
		__u32 slot = cpu + i;
		struct scratch *scratch = bpf_map_lookup_elem(&scratches, &slot);

		if (scratch && !__sync_val_compare_and_swap(&scratch->busy, 0, 1))
			return scratch;
	}
	return NULL;
}

static __always_inline void give_back(struct scratch *scratch)
{
	__sync_lock_test_and_set(&scratch->busy, 0);
}

#endif
