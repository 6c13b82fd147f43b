// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "exec.h"

int run_exec(const char *cgroup, char **command)
{
	struct fault fault;
	int error;

	if (enter_cgroup(cgroup, &fault)) {
		fprintf(stderr, "chaperone: %s\n", fault.text);
		return 125;
	}
	execvp(command[0], command);
	error = errno;
	if (error == ENOENT && !strchr(command[0], '/'))
		fprintf(stderr, "chaperone: %s: command not found\n", command[0]);
	else
		fprintf(stderr, "chaperone: %s cannot be executed: %s\n", command[0], strerror(error));
	return error == ENOENT ? 127 : 126;
}
