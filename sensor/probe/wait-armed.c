// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "armed.h"
#include "clock.h"

#define DEFAULT_TIMEOUT_SECONDS 10
#define LONGEST_TIMEOUT_SECONDS 600
/* A sensor arms in some 100 ms: looking this often costs nothing and little time. */
#define RETRY_MS 5

static __u64 read_timeout(void)
{
	const char *text = getenv("CHAPERONE_ARM_TIMEOUT_SECONDS");
	char *end = NULL;
	double seconds = text ? strtod(text, &end) : 0;

	if (!text || end == text || *end || !(seconds > 0))
		seconds = DEFAULT_TIMEOUT_SECONDS;
	return (seconds < LONGEST_TIMEOUT_SECONDS ? seconds : LONGEST_TIMEOUT_SECONDS) * SECOND_NS;
}

static int milliseconds_until(__u64 deadline)
{
	__u64 now = now_ns();

	return now < deadline ? (int)((deadline - now) / MILLISECOND_NS) + 1 : 0;
}

/* The socket appears once the answer is known. A refused connection is one of an earlier life. */
static int connect_until(const char *run_dir, __u64 deadline)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", run_dir, ARMED_SOCKET);
	while (milliseconds_until(deadline)) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof(address)))
			return fd;
		if (fd >= 0)
			close(fd);
		poll(NULL, 0, RETRY_MS);
	}
	return -1;
}

/* One line, without its end; false if it did not come. */
static bool read_line(int fd, char *line, size_t size, __u64 deadline)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};
	size_t len = 0;
	ssize_t got;

	while (poll(&polled, 1, milliseconds_until(deadline)) > 0 && len < size - 1) {
		got = read(fd, line + len, size - 1 - len);
		if (got <= 0)
			return false;
		len += got;
		line[len] = 0;
		if (strchr(line, '\n')) {
			*strchr(line, '\n') = 0;
			return true;
		}
	}
	return false;
}

int wait_armed(const char *run_dir)
{
	const char *mode = getenv("CHAPERONE_FAILURE_MODE");
	bool closed = mode && !strcmp(mode, "Closed");
	__u64 deadline = now_ns() + read_timeout();
	char line[4096] = "";
	int fd = connect_until(run_dir, deadline);
	bool answered = fd >= 0 && read_line(fd, line, sizeof(line), deadline);

	if (answered && strstr(line, "\"armed\":true"))
		return 0;
	fprintf(stderr, "chaperone: the sensor is not armed: %s; failureMode is %s, so the job %s\n",
		answered ? line : "it did not say so in time", closed ? "Closed" : "Open", closed ? "does not start" : "runs unobserved");
	return closed;
}
