// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "frames.h"

/* No frame of any version is larger: a length beyond it means that the peer speaks something else. */
#define LARGEST_FRAME (1u << 20)

/* The body's only number, {"id":7} or {"position":7}; 0 if there is none. */
static unsigned long long read_number(const char *body, size_t len)
{
	char text[64];
	const char *at;

	if (len >= sizeof(text))
		len = sizeof(text) - 1;
	memcpy(text, body, len);
	text[len] = 0;
	at = strchr(text, ':');
	return at ? strtoull(at + 1, NULL, 10) : 0;
}

/* Takes whole frames from the front; -1 at a length that cannot be. */
static int take_frames(struct commands *commands, command_handler handler, void *context)
{
	while (commands->len >= sizeof(struct event_header)) {
		size_t len = commands->header.len;

		if (len < sizeof(struct event_header) || len > LARGEST_FRAME)
			return -1;
		if (len > COMMAND_BYTES) {
			commands->skip = len - commands->len;
			commands->len = 0;
			return 0;
		}
		if (commands->len < len)
			return 0;
		handler(context, &commands->header,
			read_number(commands->bytes + sizeof(struct event_header), len - sizeof(struct event_header)));
		commands->len -= len;
		memmove(commands->bytes, commands->bytes + len, commands->len);
	}
	return 0;
}

int read_commands(struct commands *commands, int fd, command_handler handler, void *context)
{
	for (;;) {
		char *to = commands->skip ? commands->bytes : commands->bytes + commands->len;
		size_t room = COMMAND_BYTES - commands->len;
		ssize_t size = recv(fd, to, commands->skip && commands->skip < room ? commands->skip : room, MSG_DONTWAIT);

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return errno == EAGAIN ? 0 : -1;
		if (size == 0)
			return -1;
		if (commands->skip) {
			commands->skip -= size;
			continue;
		}
		commands->len += size;
		if (take_frames(commands, handler, context))
			return -1;
	}
}
