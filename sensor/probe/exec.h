/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_EXEC_COMMAND_H
#define CHAPERONE_EXEC_COMMAND_H

/* Enters the cgroup and becomes the command. Returns only if it cannot: 125 (cgroup), 126 or 127 (command), as env(1) does. */
int run_exec(const char *cgroup, char **command);

#endif
