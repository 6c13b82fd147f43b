/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_FILES_PROBE_H
#define CHAPERONE_FILES_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "fault.h"

struct sensor_bpf;

/*
 * Before load: what the programs that watch files need to know, and how large their ring is in bytes; 0 leaves them and their maps out.
 * -1 where this kernel does not tell of system calls.
 */
int configure_files(struct sensor_bpf *programs, size_t ring_bytes, int cpus, struct fault *fault);

struct bpf_program;

/* Whether a program sits at one of the kernel's own checks of files. */
bool is_file_hook(const struct bpf_program *program);

/*
 * After the tier was chosen: the programs at the kernel's checks watch files if they were proved and are all there; else the one at the end of
 * system calls. What does not watch is detached.
 */
void choose_file_hooks(struct sensor_bpf *programs, bool proved);

/* After load and before anything is attached. */
int fill_secret_names(struct sensor_bpf *programs, struct fault *fault);

#endif
