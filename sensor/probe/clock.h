/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_CLOCK_H
#define CHAPERONE_CLOCK_H

#include <linux/types.h>
#include <time.h>

#define SECOND_NS 1000000000ull
#define MILLISECOND_NS 1000000ull

static inline __u64 read_clock(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * SECOND_NS + time.tv_nsec;
}

/* The clock of the events. */
static inline __u64 now_ns(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

/* What to add to an event's time to get Unix time: of a few readings the one that was interrupted least. */
static inline __u64 realtime_offset_ns(void)
{
	__u64 best = 0, narrowest = ~0ull;

	for (int i = 0; i < 8; i++) {
		__u64 before = now_ns(), real = read_clock(CLOCK_REALTIME), after = now_ns();

		if (after - before < narrowest) {
			narrowest = after - before;
			best = real - (before + (after - before) / 2);
		}
	}
	return best;
}

#endif
