/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef CHAPERONE_SCRATCH_TRIES_H
#define CHAPERONE_SCRATCH_TRIES_H

/* Places that an exec tries in turn, from its CPU's own; the probe makes the table that much longer than there are CPUs. */
#define SCRATCH_TRIES 4

#endif
