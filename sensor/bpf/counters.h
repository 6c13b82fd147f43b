/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef CHAPERONE_COUNTERS_H
#define CHAPERONE_COUNTERS_H

#include "events.h"

/* One for each CPU, cumulative. produced counts what the hooks wanted to tell, lost what of it found no room. */
struct event_counters {
	__u32 seq;
	__u32 file_seq;	/* of the files' ring */
	__u64 produced[EVENT_CLASSES];
	__u64 lost[EVENT_CLASSES];
	__u64 left;		/* processes that left the observed cgroup: what they do there is not seen */
	__u64 table_full;	/* processes that found no room in the table: their lineage is unknown */
	__u64 sockets_full;	/* sockets beyond those followed at once: their ends are not told, nor whom they accept */
};

#endif
