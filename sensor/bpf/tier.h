/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The same event can be seen at several kinds of hook. Which of them a kernel really runs, the probe finds out. */
#ifndef CHAPERONE_TIER_H
#define CHAPERONE_TIER_H

#include "events.h"
#include "scope.h"

/* Written by the probe once its canary has shown which hooks fire: enum tier_hook, HOOK_SIGNAL where only tracepoints do. Until then trampolines
 * speak for the job. */
__u32 chosen_hook = HOOK_TRAMPOLINE;

/* Of the canary every hook tells. */
static __always_inline bool is_chosen(enum tier_hook hook, enum scope scope)
{
	return scope == PROOF || chosen_hook == hook;
}

#endif
