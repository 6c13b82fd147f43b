// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/uio.h>
#include <unistd.h>

#include "loopback.h"
#include "prove.h"

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static const int types[PORTS] = {SOCK_STREAM, SOCK_DGRAM, SOCK_STREAM, SOCK_DGRAM};

/* Returns the address's length. */
static socklen_t loopback_address(union address *address, enum loopback_port which, unsigned short port)
{
	memset(address, 0, sizeof(*address));
	if (which == TCP4 || which == UDP4) {
		address->v4.sin_family = AF_INET;
		address->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		address->v4.sin_port = htons(port);
		return sizeof(address->v4);
	}
	address->v6.sin6_family = AF_INET6;
	address->v6.sin6_addr = in6addr_loopback;
	address->v6.sin6_port = htons(port);
	return sizeof(address->v6);
}

static int open_listener(struct loopback *loopback, enum loopback_port which)
{
	union address address;
	socklen_t size = loopback_address(&address, which, 0);
	int fd = socket(address.any.sa_family, types[which] | SOCK_CLOEXEC, 0);

	loopback->fds[which] = fd;
	if (fd < 0 || bind(fd, &address.any, size) || (types[which] == SOCK_STREAM && listen(fd, 8)) || getsockname(fd, &address.any, &size))
		return -1;
	loopback->ports[which] = ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
	return 0;
}

int open_loopback(struct loopback *loopback, struct fault *fault)
{
	memset(loopback->fds, -1, sizeof(loopback->fds));
	if (open_listener(loopback, TCP4) || open_listener(loopback, UDP4)) {
		fail(fault, "cannot listen on 127.0.0.1: %s", strerror(errno));
		close_loopback(loopback);
		return -1;
	}
	loopback->has_ipv6 = !open_listener(loopback, TCP6) && !open_listener(loopback, UDP6);
	return 0;
}

void close_loopback(struct loopback *loopback)
{
	for (int i = 0; i < PORTS; i++)
		if (loopback->fds[i] >= 0)
			close(loopback->fds[i]);
}

/* As a client of a proxy begins. */
static const char request[] = "CONNECT canary:1 HTTP/1.1\r\n";

/* TCP is connected, a datagram sent to an address: the two ways that the hooks see. */
static int reach(enum loopback_port which, unsigned short port)
{
	union address address;
	socklen_t size = loopback_address(&address, which, port);
	int fd = socket(address.any.sa_family, types[which] | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (types[which] == SOCK_STREAM)
		return connect(fd, &address.any, size) || send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) < 0;
	return sendto(fd, "canary", 6, 0, &address.any, size) == 6 ? 0 : -1;
}

/* What it connects to itself it also accepts. */
static int accept_itself(void)
{
	union address address;
	socklen_t size = loopback_address(&address, TCP4, 0);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (listener < 0 || bind(listener, &address.any, size) || listen(listener, 1) || getsockname(listener, &address.any, &size))
		return -1;
	return reach(TCP4, ntohs(address.v4.sin_port)) || accept(listener, NULL, NULL) < 0 ? -1 : close(listener);
}

/* A datagram to itself that arrives, and then one to its port when nobody has it any more, which the kernel refuses. */
static int send_to_itself(void)
{
	union address address;
	socklen_t size = loopback_address(&address, UDP4, 0);
	int own = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), other = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char bytes[6];

	if (own < 0 || other < 0 || bind(own, &address.any, size) || getsockname(own, &address.any, &size) || connect(own, &address.any, size))
		return -1;
	if (send(own, "canary", 6, 0) != 6 || recv(own, bytes, 6, 0) != 6 || close(own))
		return -1;
	if (connect(other, &address.any, size) || send(other, "canary", 6, 0) != 6)
		return -1;
	return close(other);
}

/* There need not be one: the hook comes first. */
static void reach_container_engine(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/nonexistent/docker.sock"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		close(fd);
}

/* Always there, and told of where files are watched, for whoever opens it. */
static int read_own_environment(void)
{
	int fd = open("/proc/self/environ", O_RDONLY | O_CLOEXEC);

	return fd < 0 || close(fd);
}

/* Only the kernel's check matters, not what comes of it. */
static void reach_into_parent(void)
{
	char byte;
	struct iovec here = {.iov_base = &byte, .iov_len = 1}, there = here;

	(void)!process_vm_readv(getppid(), &here, 1, &there, 1, 0);
}

int run_canary(int argc, char **argv)
{
	reach_into_parent();
	for (int i = 1; i < argc && i <= PORTS; i++)
		if (reach(i - 1, (unsigned short)atoi(argv[i])))
			return 1;
	reach_container_engine();
	return accept_itself() || send_to_itself() || read_own_environment();
}
