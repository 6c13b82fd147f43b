// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "token.h"

/* The kubelet renews a token when a fifth of its life is left: minutes. */
#define LOOK_INTERVAL_NS (2 * SECOND_NS)
#define LONGEST_TOKEN 16384

gid_t token_group(const char *path)
{
	struct stat file;

	return path && !stat(path, &file) && !(file.st_mode & S_IROTH) && file.st_mode & S_IRGRP ? file.st_gid : 0;
}

bool token_needs_root(const char *path)
{
	struct stat file;

	return path && !stat(path, &file) && !file.st_uid && !(file.st_mode & S_IROTH) && !token_group(path);
}

static ssize_t read_as_root(const char *path, char *text, size_t size)
{
	uid_t own = geteuid();
	ssize_t length;
	int fd;

	if (seteuid(0))
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (seteuid(own))
		_exit(0); /* better no sensor than one that goes on as root */
	if (fd < 0)
		return -1;
	length = read(fd, text, size);
	close(fd);
	return length;
}

static int write_copy(const char *path, const char *text, size_t length)
{
	char fresh[sizeof(((struct token *)0)->copy) + 4];
	int fd;

	snprintf(fresh, sizeof(fresh), "%s.new", path);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	if (write(fd, text, length) != (ssize_t)length) {
		close(fd);
		return -1;
	}
	close(fd);
	return rename(fresh, path);
}

static void copy_token(struct token *token)
{
	char text[LONGEST_TOKEN];
	ssize_t length = read_as_root(token->source, text, sizeof(text));

	if (length < 0 || write_copy(token->copy, text, length))
		fprintf(stderr, "chaperone: the token for the gateway cannot be copied to %s: %s\n", token->copy, strerror(errno));
	explicit_bzero(text, sizeof(text));
}

void keep_token(struct token *token, const char *path, const char *run_dir)
{
	token->source = path;
	snprintf(token->copy, sizeof(token->copy), "%s/token", run_dir);
	setenv("CHAPERONE_TOKEN_FILE", token->copy, 1);
	watch_token(token);
}

int watch_token(struct token *token)
{
	__u64 now = now_ns();
	struct stat file;

	if (!token->source)
		return INT_MAX;
	if (now >= token->due) {
		token->due = now + LOOK_INTERVAL_NS;
		if (!stat(token->source, &file) && (file.st_ino != token->seen.st_ino || file.st_mtime != token->seen.st_mtime)) {
			token->seen = file;
			copy_token(token);
		}
	}
	return (int)((token->due - now) / MILLISECOND_NS) + 1;
}
