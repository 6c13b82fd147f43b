// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "armed.h"
#include "json.h"

int open_armed_socket(const char *run_dir)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", run_dir, ARMED_SOCKET) >= sizeof(address.sun_path)) {
		fprintf(stderr, "chaperone: the folder's name is too long for a socket: %s\n", run_dir);
		return -1;
	}
	unlink(address.sun_path); /* of the container's life before this one */
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 8)) {
		fprintf(stderr, "chaperone: cannot listen on %s: %s\n", address.sun_path, strerror(errno));
		return -1;
	}
	return fd;
}

void answer_armed(int listener, const struct identity *identity)
{
	char line[2048];
	struct json json = {.text = line, .size = sizeof(line)};
	int peer;

	put(&json, "{\"armed\":%s", identity->armed ? "true" : "false");
	if (!identity->armed) {
		put(&json, ",\"reason\":");
		put_string(&json, identity->reason.text);
	}
	put(&json, "}\n");
	while ((peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		send(peer, line, json.len, MSG_NOSIGNAL);
		close(peer);
	}
}
