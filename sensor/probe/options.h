/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_OPTIONS_H
#define CHAPERONE_OPTIONS_H

#include "forward.h"

/* What any subcommand may be told; each takes what it needs. */
struct options {
	const char *cgroup;
	int fd;			/* -1 if not given */
	struct sizes sizes;
	const char *run_dir;
	const char *termination_log;
	char **command;		/* what follows --child or --; NULL if nothing does */
};

/* Reads the arguments after the subcommand. -1 after a word on stderr. */
int read_options(struct options *options, int argc, char **argv);

#endif
