/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Numbering, counting and sending of events. Nothing is lost in silence: what finds no room keeps its number and is counted by class. */
#ifndef CHAPERONE_RING_H
#define CHAPERONE_RING_H

#include "counters.h"
#include "events.h"
#include "kernel.h"
#include "scope.h"

/* The probe sets the size before load. Written by every hook, read by the probe. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} ring SEC(".maps");

/* Set before load; the programs that watch files are loaded only then. */
const volatile __u32 watches_files = 0;

/* Apart from the ring of all other events, so that a flood of files displaces none of them. The probe sets the size before load, and reads it. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} file_ring SEC(".maps");

/* Written by every hook, read by the probe. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct event_counters);
} counters SEC(".maps");

/* The probe sets it before it goes to sleep without a timer; the first event then wakes it. */
__u32 idle = 0;

static __always_inline struct event_counters *own_counters(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

/*
 * Counts an event that is to be told, and gives its number; files have numbers of their own, as they have a ring. Atomic, although per CPU: a program
 * may be preempted by another one on its CPU. The type is a constant, for the verifier's sake.
 */
static __always_inline __u32 take_number(struct event_counters *own, enum frame_type type)
{
	__u32 seq = __sync_fetch_and_add(type == FRAME_FILE ? &own->file_seq : &own->seq, 1);

	__sync_fetch_and_add(&own->produced[type - 1], 1);
	return seq;
}

static __always_inline void number(struct event_header *header, enum frame_type type, enum scope scope)
{
	struct event_counters *own = own_counters();

	header->cpu = bpf_get_smp_processor_id();
	if (scope == PROOF) {
		header->flags |= FLAG_PROOF;
		return;
	}
	if (!own)
		return;
	header->seq = take_number(own, type);
}

/*
 * Only for a sleeping probe: otherwise it looks by itself every few milliseconds, which costs a fraction of a wake-up for each event. The event
 * was committed before idle is read, and the probe sets idle before it looks a last time, so none is overlooked. Discarding wakes.
 */
static __always_inline void wake_probe(void)
{
	void *nothing;

	if (!idle || !__sync_lock_test_and_set(&idle, 0))
		return;
	nothing = bpf_ringbuf_reserve(&ring, 8, 0);
	if (nothing)
		bpf_ringbuf_discard(nothing, BPF_RB_FORCE_WAKEUP);
}

static __always_inline void count_lost(struct event_header *header, enum frame_type type)
{
	struct event_counters *own = own_counters();

	if (own && !(header->flags & FLAG_PROOF))
		__sync_fetch_and_add(&own->lost[type - 1], 1);
}

/* Something to tell that found no room before it was put together: its number goes with it. */
static __always_inline void lose(enum frame_type type, enum scope scope)
{
	struct event_counters *own = own_counters();

	if (!own || scope == PROOF)
		return;
	take_number(own, type);
	__sync_fetch_and_add(&own->lost[type - 1], 1);
}

/* Where files are not watched the few events there are of them have no ring of their own. Zero if there was room. */
static __always_inline long output(struct event_header *header, enum frame_type type, __u64 len)
{
	if (type == FRAME_FILE && watches_files)
		return bpf_ringbuf_output(&file_ring, header, len, BPF_RB_NO_WAKEUP);
	return bpf_ringbuf_output(&ring, header, len, BPF_RB_NO_WAKEUP);
}

/* The frame begins with its header. False if it found no room. */
static __always_inline bool send(struct event_header *header, enum frame_type type, __u64 len)
{
	if (output(header, type, len)) {
		count_lost(header, type);
		return false;
	}
	wake_probe();
	return true;
}

#endif
