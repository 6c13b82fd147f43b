/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_FILES_PROBE_H
#define CHAPERONE_FILES_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "fault.h"

struct sensor_bpf;

/* Auto: where programs sit at the kernel's own checks of files, which costs no system call, and have proved themselves there. */
enum file_watch { WATCH_NEVER, WATCH_AUTO, WATCH_ALWAYS, FILE_WATCHES };

extern const char *const file_watch_names[FILE_WATCHES];

/* Takes a name whatever its case. -1 if there is none such. */
int read_file_watch(enum file_watch *watch, const char *name);

/*
 * Before load and after what is unsupported was left out: what the programs that watch files need to know, and how large their ring is in bytes.
 * They and their maps are left out where files are not to be watched, in Auto also the one at the end of system calls.
 * -1 where Always is asked for and this kernel does not tell of system calls.
 */
int configure_files(struct sensor_bpf *programs, enum file_watch watch, size_t ring_bytes, int cpus, struct fault *fault);

struct bpf_program;

/* Whether a program sits at one of the kernel's own checks of files. */
bool is_file_hook(const struct bpf_program *program);

/*
 * After the tier was chosen: the programs at the kernel's checks watch files if they were proved and are all there; else the one at the end of
 * system calls, if it is there. What does not watch is detached. Returns whether files are watched.
 */
bool choose_file_hooks(struct sensor_bpf *programs, bool proved);

/* After load and before anything is attached. */
int fill_secret_names(struct sensor_bpf *programs, struct fault *fault);

#endif
