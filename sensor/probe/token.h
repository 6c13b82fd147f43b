/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_TOKEN_H
#define CHAPERONE_TOKEN_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * The token for the gateway, which the kubelet renews. Where all containers of a pod run as root it is readable for root alone (projected
 * volumes, fsUser): then the probe keeps user 0 as its saved user, without any capability, to read just this file, and Node has a copy on
 * the sensor's own memory volume.
 */
struct token {
	const char *source; /* NULL: Node reads the file itself */
	char copy[128];
	struct stat seen;
	__u64 due;
};

/* The group that may read the file where others may not; 0 if there is none. */
gid_t token_group(const char *path);

/* Whether a user other than root, who is in token_group, cannot read the file. */
bool token_needs_root(const char *path);

/* After privileges were dropped with user 0 kept: makes the copy, and names it to Node by CHAPERONE_TOKEN_FILE. */
void keep_token(struct token *token, const char *path, const char *run_dir);

/* Copies a renewed token. Returns ms until the next look. */
int watch_token(struct token *token);

#endif
