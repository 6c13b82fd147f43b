// SPDX-License-Identifier: Apache-2.0
/* Deeds that tell names: a datagram to port 53 and its answer, and the first payload of a stream, all within one process. */
#ifndef CHAPERONE_ACTOR_NAMES_H
#define CHAPERONE_ACTOR_NAMES_H

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MOST_BYTES 8192

static void fill(unsigned char *bytes, int size)
{
	for (int i = 0; i < size; i++)
		bytes[i] = i;
}

/* An address that no resolver of the machine's listens at, except for IPv6, which has one loopback address. */
static socklen_t own_resolver(struct sockaddr_storage *address, int family)
{
	struct sockaddr_in *v4 = (void *)address;
	struct sockaddr_in6 *v6 = (void *)address;

	memset(address, 0, sizeof(*address));
	if (family == 4) {
		*v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(0x7f353535)};
		return sizeof(*v4);
	}
	*v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(53), .sin6_addr = in6addr_loopback};
	return sizeof(*v6);
}

/* resolve FAMILY connected|unconnected SIZE: a question of three bytes to itself, and an answer of so many */
static int do_resolve(char **a)
{
	struct sockaddr_storage resolver, asker;
	socklen_t size = own_resolver(&resolver, atoi(a[0])), asker_size = sizeof(asker);
	int server = socket(resolver.ss_family, SOCK_DGRAM, 0), client = socket(resolver.ss_family, SOCK_DGRAM, 0);
	bool connected = !strcmp(a[1], "connected");
	unsigned char bytes[MOST_BYTES];

	fill(bytes, sizeof(bytes));
	if (bind(server, (void *)&resolver, size) || (connected && connect(client, (void *)&resolver, size)))
		return 1;
	if (sendto(client, bytes, 3, 0, connected ? NULL : (void *)&resolver, connected ? 0 : size) != 3)
		return 1;
	if (recvfrom(server, bytes, sizeof(bytes), 0, (void *)&asker, &asker_size) != 3)
		return 1;
	fill(bytes, sizeof(bytes));
	if (sendto(server, bytes, atoi(a[2]), 0, (void *)&asker, asker_size) != atoi(a[2]))
		return 1;
	return recv(client, bytes, sizeof(bytes), 0) != atoi(a[2]);
}

static bool send_cut(int fd, unsigned char *bytes, int size)
{
	return send(fd, bytes, 1, 0) == 1 && send(fd, bytes + 1, 2, 0) == 2 && send(fd, bytes + 3, size - 3, 0) == size - 3;
}

/* resolve-stream SIZE: a question of so many bytes to itself by TCP, and an answer as long, each in three pieces */
static int do_resolve_stream(char **a)
{
	struct sockaddr_storage resolver;
	socklen_t size = own_resolver(&resolver, 4);
	int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), server, length = atoi(a[0]), at_once = 1;
	unsigned char bytes[MOST_BYTES];

	fill(bytes, sizeof(bytes));
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &at_once, sizeof(at_once));
	if (bind(listener, (void *)&resolver, size) || listen(listener, 1) || connect(client, (void *)&resolver, size))
		return 1;
	server = accept(listener, NULL, NULL);
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
	setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
	if (!send_cut(client, bytes, length) || recv(server, bytes, length, MSG_WAITALL) != length)
		return 1;
	return !send_cut(server, bytes, length) || recv(client, bytes, length, MSG_WAITALL) != length;
}

/* propose hello|connect|other SIZE: the first payload of a connection to itself, twice */
static int do_propose(char **a)
{
	static const unsigned char hello[8] = {22, 3, 1, 0, 0, 1, 0, 0};
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
	unsigned char bytes[MOST_BYTES];

	fill(bytes, sizeof(bytes));
	if (!strcmp(a[0], "hello"))
		memcpy(bytes, hello, sizeof(hello));
	if (!strcmp(a[0], "connect"))
		memcpy(bytes, "CONNECT ", 8);
	if (bind(listener, (void *)&address, size) || listen(listener, 1) || getsockname(listener, (void *)&address, &size))
		return 1;
	if (connect(client, (void *)&address, size))
		return 1;
	return send(client, bytes, atoi(a[1]), 0) != atoi(a[1]) || send(client, bytes, atoi(a[1]), 0) != atoi(a[1]);
}

#define NAME_DEEDS {"resolve", 3, do_resolve}, {"resolve-stream", 1, do_resolve_stream}, {"propose", 2, do_propose}

#endif
