// SPDX-License-Identifier: Apache-2.0
/* What the tests of names need done by a process: one deed a word. Compiled by network.ts; not static, so that it resolves as programs do. */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DNS_PORT 53
#define TYPE_A 1
#define TYPE_AAAA 28

/* resolve NAME PORT [NTH]: by the C library, then a connection to the nth address, from 0 */
static int do_resolve(char **a)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list, *at;
	int nth = a[2] ? atoi(a[2]) : 0, fd, failed;

	if (getaddrinfo(a[0], a[1], &hints, &list))
		return 3;
	for (at = list; nth > 0 && at->ai_next; nth--)
		at = at->ai_next;
	fd = socket(at->ai_family, SOCK_STREAM, 0);
	failed = connect(fd, at->ai_addr, at->ai_addrlen);
	freeaddrinfo(list);
	return failed || close(fd);
}

/* find NAME: only resolves it */
static int do_find(char **a)
{
	struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *list;

	return getaddrinfo(a[0], NULL, &hints, &list);
}

/* storm COUNT PORT: resolves n0.storm.test, n1.storm.test, … and connects to each; 0 if every one was */
static int do_storm(char **a)
{
	char name[64], *arguments[] = {name, a[1], NULL};
	int count = 0;

	for (int i = 0; i < atoi(a[0]); i++) {
		snprintf(name, sizeof(name), "n%d.storm.test", i);
		count += do_resolve(arguments) == 0;
	}
	return count != atoi(a[0]);
}

/* connect ADDRESS PORT: by number */
static int do_connect(char **a)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(a[1]))};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, a[0], &to.sin_addr);
	return connect(fd, (void *)&to, sizeof(to)) || close(fd);
}

static size_t write_question(unsigned char *to, const char *name, int type, int id)
{
	unsigned char *at = to + 12, *length = at++;

	memset(to, 0, 12);
	to[0] = id >> 8;
	to[1] = id;
	to[2] = to[5] = 1; /* recursion desired; one question */
	for (*length = 0; *name; name++) {
		if (*name == '.') {
			length = at++;
			*length = 0;
		} else {
			*at++ = *name;
			++*length;
		}
	}
	*at++ = 0;
	*at++ = 0;
	*at++ = type;
	*at++ = 0;
	*at++ = 1;
	return at - to;
}

static int open_to(const char *resolver, int type, int connected)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(DNS_PORT)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(DNS_PORT)};
	int is_v4 = inet_pton(AF_INET, resolver, &v4.sin_addr) == 1;
	int fd = socket(is_v4 ? AF_INET : AF_INET6, type, 0);
	struct timeval patience = {.tv_sec = 10};

	inet_pton(AF_INET6, resolver, &v6.sin6_addr);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connected && connect(fd, is_v4 ? (void *)&v4 : (void *)&v6, is_v4 ? sizeof(v4) : sizeof(v6)))
		return -1;
	return fd;
}

/* ask udp|unconnected|tcp RESOLVER NAME a|aaaa ADDRESS PORT: waits for whatever comes, and connects to the address */
static int do_ask(char **a)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(DNS_PORT)};
	int is_tcp = !strcmp(a[0], "tcp"), is_connected = strcmp(a[0], "unconnected");
	int fd = open_to(a[1], is_tcp ? SOCK_STREAM : SOCK_DGRAM, is_connected);
	unsigned char bytes[4096];
	size_t size = write_question(bytes + 2, a[2], strcmp(a[3], "a") ? TYPE_AAAA : TYPE_A, 4711);

	bytes[0] = size >> 8;
	bytes[1] = size;
	inet_pton(AF_INET, a[1], &to.sin_addr);
	if (!is_connected && sendto(fd, bytes + 2, size, 0, (void *)&to, sizeof(to)) < 0)
		return 1;
	if (is_connected && send(fd, is_tcp ? bytes : bytes + 2, is_tcp ? size + 2 : size, 0) < 0)
		return 1;
	if (recv(fd, bytes, sizeof(bytes), 0) <= 0)
		return 2;
	return do_connect(a + 4);
}

/* cross RESOLVER ADDRESS PORT: what is asked on one socket is answered on another one, which had asked something else */
static int do_cross(char **a)
{
	int one = open_to(a[0], SOCK_DGRAM, 1), other = open_to(a[0], SOCK_DGRAM, 1);
	unsigned char bytes[512];

	send(other, bytes, write_question(bytes, "decoy.test", TYPE_A, 4711), 0);
	send(one, bytes, write_question(bytes, "elsewhere.test", TYPE_A, 4711), 0);
	if (recv(other, bytes, sizeof(bytes), 0) <= 0)
		return 2;
	return do_connect(a + 1);
}

/* segments RESOLVER COUNT: questions for s10.test, s11.test, … in one call that the kernel sends as so many datagrams (udp(7), UDP_SEGMENT) */
static int do_segments(char **a)
{
	int fd = open_to(a[0], SOCK_DGRAM, 1), count = atoi(a[1]), size = 0;
	unsigned char bytes[65536], answer[512];
	char name[32];

	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "s%d.test", 10 + i);
		size = write_question(bytes + i * size, name, TYPE_A, i);
	}
	if (setsockopt(fd, SOL_UDP, UDP_SEGMENT, &size, sizeof(size)) || send(fd, bytes, count * size, 0) < 0)
		return 1;
	for (int i = 0; i < count; i++)
		if (recv(fd, answer, sizeof(answer), 0) <= 0)
			return 2;
	return 0;
}

static const struct {
	const char *name;
	int (*act)(char **arguments);
} deeds[] = {{"resolve", do_resolve}, {"find", do_find}, {"storm", do_storm}, {"connect", do_connect}, {"ask", do_ask}, {"cross", do_cross},
	     {"segments", do_segments}};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(deeds) / sizeof(*deeds); i++)
		if (argc > 2 && !strcmp(argv[1], deeds[i].name))
			return deeds[i].act(argv + 2);
	return 9;
}
