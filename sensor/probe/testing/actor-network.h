/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The deeds of actor.c that are of the network: each way to connect there is, to listeners of its own on loopback. A deed ends only when the
 * kernel has no connection of it left in use, and with 0 only if everything went as it should.
 */
#ifndef CHAPERONE_ACTOR_NETWORK_H
#define CHAPERONE_ACTOR_NETWORK_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/io_uring.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* An address of the loopback interface; a family of 46 is IPv4 through an IPv6 socket. */
static socklen_t loopback(struct sockaddr_storage *address, int family, int port)
{
	struct sockaddr_in *v4 = (void *)address;
	struct sockaddr_in6 *v6 = (void *)address;

	memset(address, 0, sizeof(*address));
	if (family == 4) {
		*v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		return sizeof(*v4);
	}
	*v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
	inet_pton(AF_INET6, family == 46 ? "::ffff:127.0.0.1" : "::1", &v6->sin6_addr);
	return sizeof(*v6);
}

/* A socket bound to a free port of loopback; a TCP one listens. Returns the port. */
static int open_port(int family, int type, int backlog, int *fd)
{
	struct sockaddr_storage address;
	socklen_t size = loopback(&address, family, 0);

	*fd = socket(address.ss_family, type, 0);
	if (*fd < 0 || bind(*fd, (void *)&address, size) || (type == SOCK_STREAM && listen(*fd, backlog)))
		exit(3);
	getsockname(*fd, (void *)&address, &size);
	return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

/* Whether a connection of the port is neither over (TIME_WAIT is 06) nor a listener (0A). */
static bool is_in_use(const char *table, int port)
{
	FILE *file = fopen(table, "re");
	unsigned int local, remote, state;
	char line[256];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%x %x", &local, &remote, &state) == 3)
			found = (local == (unsigned int)port || remote == (unsigned int)port) && state != 6 && state != 10;
	if (file)
		fclose(file);
	return found;
}

static int await_end(int port)
{
	while (is_in_use("/proc/net/tcp", port) || is_in_use("/proc/net/tcp6", port))
		usleep(1000);
	return 0;
}

static int transfer(int from, int to, int bytes)
{
	char data[4096] = "";

	if (send(from, data, bytes, MSG_NOSIGNAL) != bytes)
		return -1;
	while (bytes > 0) {
		ssize_t size = recv(to, data, sizeof(data), 0);

		if (size <= 0)
			return -1;
		bytes -= size;
	}
	return 0;
}

/* 1,000 bytes there, 3,000 back; the client says first that it is done. */
static int converse(int client, int listener, int port)
{
	int server = accept(listener, NULL, NULL);
	char byte;

	if (server < 0 || transfer(client, server, 1000) || transfer(server, client, 3000))
		return 1;
	shutdown(client, SHUT_WR);
	if (recv(server, &byte, 1, 0) != 0)
		return 1;
	close(server);
	if (recv(client, &byte, 1, 0) != 0)
		return 1;
	close(client);
	close(listener);
	return await_end(port);
}

static int call(int family, int port, int protocol)
{
	struct sockaddr_storage address;
	socklen_t size = loopback(&address, family, port);
	int fd = socket(address.ss_family, SOCK_STREAM, protocol);

	return fd < 0 || connect(fd, (void *)&address, size) ? -1 : fd;
}

/* tcp FAMILY */
static int do_tcp(char **a)
{
	int family = atoi(a[0]), listener, port = open_port(family == 6 ? 6 : 4, SOCK_STREAM, 1, &listener);

	return converse(call(family, port, 0), listener, port);
}

/* A listener at a given port of loopback. */
static int listen_at(int family, int port)
{
	struct sockaddr_storage address;
	socklen_t size = loopback(&address, family, port);
	int fd = socket(address.ss_family, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return bind(fd, (void *)&address, size) || listen(fd, 4) ? -1 : fd;
}

/* speak PORT: to a listener there over IPv4, by an IPv6 socket too, then over IPv6 */
static int do_speak(char **a)
{
	int port = atoi(a[0]), v4 = listen_at(4, port), v6 = listen_at(6, port);

	if (v4 < 0 || v6 < 0 || call(4, port, 0) < 0 || call(46, port, 0) < 0 || call(6, port, 0) < 0)
		return 1;
	return accept(v4, NULL, NULL) < 0 || accept(v4, NULL, NULL) < 0 || accept(v6, NULL, NULL) < 0;
}

/* mptcp: to a listener that has only TCP */
static int do_mptcp(char **a)
{
	int listener, port = open_port(4, SOCK_STREAM, 1, &listener);

	(void)a;
	return converse(call(4, port, IPPROTO_MPTCP), listener, port);
}

/* fast-open: the first bytes come with the call that connects */
static int do_fast_open(char **a)
{
	int listener, port = open_port(4, SOCK_STREAM, 1, &listener), fd = socket(AF_INET, SOCK_STREAM, 0), server;
	struct sockaddr_storage address;
	socklen_t size = loopback(&address, 4, port);
	char bytes[500] = "";

	(void)a;
	if (sendto(fd, bytes, sizeof(bytes), MSG_FASTOPEN, (void *)&address, size) != sizeof(bytes))
		return 1;
	server = accept(listener, NULL, NULL);
	if (recv(server, bytes, sizeof(bytes), MSG_WAITALL) != sizeof(bytes))
		return 1;
	close(fd);
	close(server);
	return await_end(port);
}

/* One request by a ring of its own; returns what came of it. */
static int by_uring(struct io_uring_sqe request)
{
	struct io_uring_params params = {};
	int ring = syscall(SYS_io_uring_setup, 1, &params);
	char *submissions = mmap(NULL, params.sq_off.array + params.sq_entries * sizeof(__u32), PROT_READ | PROT_WRITE, MAP_SHARED, ring,
				 IORING_OFF_SQ_RING);
	char *completions = mmap(NULL, params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring,
				 IORING_OFF_CQ_RING);
	struct io_uring_sqe *requests = mmap(NULL, params.sq_entries * sizeof(*requests), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);

	if (ring < 0 || submissions == MAP_FAILED || completions == MAP_FAILED || requests == MAP_FAILED)
		exit(4);
	requests[0] = request;
	((__u32 *)(submissions + params.sq_off.array))[0] = 0;
	__atomic_store_n((__u32 *)(submissions + params.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		exit(4);
	return ((struct io_uring_cqe *)(completions + params.cq_off.cqes))[0].res;
}

/* uring-connect */
static int do_uring_connect(char **a)
{
	int listener, port = open_port(4, SOCK_STREAM, 1, &listener), fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_storage address;
	struct io_uring_sqe request = {.opcode = IORING_OP_CONNECT, .fd = fd, .addr = (unsigned long)&address};

	(void)a;
	request.off = loopback(&address, 4, port);
	return by_uring(request) ? 1 : converse(fd, listener, port);
}

/* uring-send PORT: a datagram */
static int do_uring_send(char **a)
{
	struct sockaddr_storage address;
	struct iovec bytes = {.iov_base = "12345", .iov_len = 5};
	struct msghdr message = {.msg_name = &address, .msg_namelen = loopback(&address, 4, atoi(a[0])), .msg_iov = &bytes, .msg_iovlen = 1};
	struct io_uring_sqe request = {.opcode = IORING_OP_SENDMSG, .addr = (unsigned long)&message, .len = 1};

	request.fd = socket(AF_INET, SOCK_DGRAM, 0);
	return by_uring(request) != 5;
}

/* sendmmsg PORT: two datagrams, to the port and to the one after it */
static int do_sendmmsg(char **a)
{
	struct sockaddr_storage addresses[2];
	struct iovec bytes = {.iov_base = "12345", .iov_len = 5};
	struct mmsghdr messages[2] = {};

	for (int i = 0; i < 2; i++) {
		socklen_t size = loopback(&addresses[i], 4, atoi(a[0]) + i);

		messages[i].msg_hdr = (struct msghdr){.msg_name = &addresses[i], .msg_namelen = size, .msg_iov = &bytes, .msg_iovlen = 1};
	}
	return sendmmsg(socket(AF_INET, SOCK_DGRAM, 0), messages, 2, 0) != 2;
}

/* udp FAMILY: 100 bytes to a port of its own, 300 back */
static int do_udp(char **a)
{
	int family = atoi(a[0]), server, port = open_port(family == 6 ? 6 : 4, SOCK_DGRAM, 0, &server), client;
	struct sockaddr_storage address, asker;
	socklen_t size = loopback(&address, family, port), asker_size = sizeof(asker);
	char bytes[300] = "";

	client = socket(address.ss_family, SOCK_DGRAM, 0);
	if (sendto(client, bytes, 100, 0, (void *)&address, size) != 100)
		return 1;
	if (recvfrom(server, bytes, sizeof(bytes), 0, (void *)&asker, &asker_size) != 100)
		return 1;
	if (sendto(server, bytes, 300, 0, (void *)&asker, asker_size) != 300)
		return 1;
	return recv(client, bytes, sizeof(bytes), 0) != 300;
}

/* A port that nobody has any more. */
static int free_port(int type)
{
	int fd, port = open_port(4, type, 0, &fd);

	close(fd);
	return port;
}

/* refused: a TCP connection, then a datagram */
static int do_refused(char **a)
{
	struct sockaddr_storage address;
	socklen_t size = loopback(&address, 4, free_port(SOCK_DGRAM));
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char byte;

	(void)a;
	if (call(4, free_port(SOCK_STREAM), 0) >= 0 || errno != ECONNREFUSED)
		return 1;
	if (connect(fd, (void *)&address, size) || send(fd, "x", 1, 0) != 1)
		return 1;
	return recv(fd, &byte, 1, 0) >= 0 || errno != ECONNREFUSED;
}

static void close_by_reset(int fd)
{
	struct linger now = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

/* reset: by the one that accepted */
static int do_reset(char **a)
{
	int listener, port = open_port(4, SOCK_STREAM, 1, &listener), client = call(4, port, 0), server = accept(listener, NULL, NULL);
	char byte;

	(void)a;
	close_by_reset(server);
	if (recv(client, &byte, 1, 0) >= 0 || errno != ECONNRESET)
		return 1;
	close(client);
	return await_end(port);
}

/* A listener that answers no further handshake. Two connections fill it; they stay. */
static int fill_listener(void)
{
	int listener, port = open_port(4, SOCK_STREAM, 0, &listener);

	for (int i = 0; i < 2; i++) {
		struct sockaddr_storage address;
		socklen_t size = loopback(&address, 4, port);

		connect(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), (void *)&address, size);
	}
	return port;
}

/* timeout: a handshake that nobody answers, tried twice */
static int do_timeout(char **a)
{
	struct sockaddr_storage address;
	socklen_t size = loopback(&address, 4, fill_listener());
	int fd = socket(AF_INET, SOCK_STREAM, 0), tries = 1;

	(void)a;
	setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &tries, sizeof(tries));
	return connect(fd, (void *)&address, size) == 0 || errno != ETIMEDOUT;
}

/* abandon: a handshake that nobody answers, not waited for */
static int do_abandon(char **a)
{
	struct sockaddr_storage address;
	socklen_t size = loopback(&address, 4, fill_listener());
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	(void)a;
	if (connect(fd, (void *)&address, size) == 0 || errno != EINPROGRESS)
		return 1;
	return close(fd);
}

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), error = fd < 0 || write(fd, text, strlen(text)) < 0;

	if (fd >= 0)
		close(fd);
	return error;
}

/* no-route: to loopback, in a network namespace where that is down */
static int do_no_route(char **a)
{
	(void)a;
	if (unshare(CLONE_NEWNET))
		return 5;
	return call(4, 1, 0) >= 0 || errno != ENETUNREACH;
}

/* A network namespace of its own, with loopback up and ping sockets for everybody. */
static int enter_own_network(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd;

	if (unshare(CLONE_NEWNET))
		return -1;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (ioctl(fd, SIOCSIFFLAGS, &lo))
		return -1;
	close(fd);
	return write_text("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
}

/* Eight bytes of echo request and as many of payload, its checksum made. */
static int echo(int fd, int times)
{
	struct {
		struct icmphdr header;
		char payload[8];
	} request = {.header.type = ICMP_ECHO};
	struct sockaddr_storage address;
	socklen_t size = loopback(&address, 4, 0);
	__u32 sum = 0;

	for (size_t i = 0; i < sizeof(request) / 2; i++)
		sum += ((unsigned short *)&request)[i];
	request.header.checksum = ~((sum >> 16) + sum);
	for (int i = 0; i < times; i++)
		if (sendto(fd, &request, sizeof(request), 0, (void *)&address, size) != sizeof(request))
			return 1;
	return 0;
}

/* ping raw|ping: three echo requests to loopback */
static int do_ping(char **a)
{
	bool raw = !strcmp(a[0], "raw");
	int fd;

	if (enter_own_network())
		return 5;
	fd = socket(AF_INET, raw ? SOCK_RAW : SOCK_DGRAM, IPPROTO_ICMP);
	return fd < 0 || echo(fd, 3);
}

/* hand-made PORT: a datagram whose IP header the process wrote */
static int do_hand_made(char **a)
{
	struct {
		struct iphdr ip;
		struct udphdr udp;
		char payload[4];
	} __attribute__((packed)) packet = {
		.ip = {.version = 4, .ihl = 5, .ttl = 1, .protocol = IPPROTO_UDP, .daddr = htonl(INADDR_LOOPBACK), .saddr = htonl(INADDR_LOOPBACK)},
		.udp = {.dest = htons(atoi(a[0])), .source = htons(9), .len = htons(12)},
	};
	struct sockaddr_storage address;
	socklen_t size = loopback(&address, 4, 0);
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);

	packet.ip.tot_len = htons(sizeof(packet));
	return sendto(fd, &packet, sizeof(packet), 0, (void *)&address, size) != sizeof(packet);
}

/* unix PATH… */
static int do_unix(char **a)
{
	for (; *a; a++) {
		struct sockaddr_un address = {.sun_family = AF_UNIX};
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		strncpy(address.sun_path, *a, sizeof(address.sun_path) - 1);
		connect(fd, (void *)&address, sizeof(address));
		close(fd);
	}
	return 0;
}

/* use-socket tcp|udp FD PORT: one that another program made */
static int do_use_socket(char **a)
{
	struct sockaddr_storage address;
	socklen_t size = loopback(&address, 4, atoi(a[2]));
	int fd = atoi(a[1]);

	return strcmp(a[0], "tcp") ? sendto(fd, "x", 1, 0, (void *)&address, size) != 1 : connect(fd, (void *)&address, size) != 0;
}

/* hand-on tcp|udp PORT: a socket to a child, which executes and uses it; of UDP it was used before */
static int do_hand_on(char **a)
{
	char number[12], *arguments[] = {"actor", "use-socket", a[0], number, a[1], NULL};
	struct sockaddr_storage address;
	socklen_t size = loopback(&address, 4, atoi(a[1]));
	int fd = socket(AF_INET, strcmp(a[0], "tcp") ? SOCK_DGRAM : SOCK_STREAM, 0);

	snprintf(number, sizeof(number), "%d", fd);
	if (strcmp(a[0], "tcp"))
		sendto(fd, "x", 1, 0, (void *)&address, size);
	if (fork() == 0) {
		execv("/proc/self/exe", arguments);
		_exit(127);
	}
	wait(NULL);
	return 0;
}

struct callers {
	int port, each;
	int made; /* connections that were established */
};

static void *call_many(void *context)
{
	struct callers *callers = context;

	for (int i = 0; i < callers->each; i++) {
		int fd = call(4, callers->port, 0);
		char byte;

		if (fd < 0)
			_exit(1);
		__atomic_fetch_add(&callers->made, 1, __ATOMIC_RELAXED);
		/* It was accepted then: a call that ends while the listener's queue is full never is. */
		(void)!read(fd, &byte, 1);
		close_by_reset(fd); /* or there would soon be no free port */
	}
	return NULL;
}

/* calls THREADS EACH: connections to a listener of its own, which all must be made and accepted */
static int do_calls(char **a)
{
	int threads = atoi(a[0]), listener;
	struct callers callers = {.port = open_port(4, SOCK_STREAM, 512, &listener), .each = atoi(a[1])};
	pthread_t thread;

	for (int i = 0; i < threads; i++)
		pthread_create(&thread, NULL, call_many, &callers);
	for (int i = 0; i < threads * callers.each; i++) {
		int server = accept(listener, NULL, NULL);

		if (server < 0)
			return 1;
		(void)!send(server, "", 1, MSG_NOSIGNAL);
		close(server);
	}
	while (__atomic_load_n(&callers.made, __ATOMIC_RELAXED) < threads * callers.each)
		usleep(1000);
	close(listener);
	return await_end(callers.port);
}

#define SOCKETS_EACH 800 /* less than any limit of open files */

/* hold COUNT: so many datagram sockets at once, by as many processes as it takes */
static int do_hold(char **a)
{
	int left = atoi(a[0]), last[2], status = 0;
	char byte;

	if (pipe(last))
		return 1;
	for (; left > 0; left -= SOCKETS_EACH) {
		for (int i = 0; i < SOCKETS_EACH && i < left; i++)
			if (socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) < 0)
				return 1;
		if (left <= SOCKETS_EACH)
			break;
		if (fork()) { /* waits for the last one, holding what it has */
			close(last[1]);
			return read(last[0], &byte, 1) != 0 || wait(&status) < 0 || status;
		}
		for (int fd = last[1] + 1; fd <= last[1] + SOCKETS_EACH; fd++)
			close(fd);
	}
	return 0;
}

/* stay-connected: in a process that its parent does not wait for, for half a minute */
static int do_stay_connected(char **a)
{
	int listener, port = open_port(4, SOCK_STREAM, 1, &listener), ready[2];
	char byte;

	(void)a;
	if (pipe(ready))
		return 1;
	if (fork() == 0) {
		int nothing = open("/dev/null", O_RDWR);

		setsid();
		for (int fd = 0; fd < 3; fd++)
			dup2(nothing, fd);
		call(4, port, 0);
		close(ready[1]);
		sleep(30);
		_exit(0);
	}
	close(ready[1]);
	return read(ready[0], &byte, 1) != 0;
}

#define NETWORK_DEEDS                                                                                                                   \
	{"tcp", 1, do_tcp}, {"mptcp", 0, do_mptcp}, {"fast-open", 0, do_fast_open}, {"uring-connect", 0, do_uring_connect},             \
	{"uring-send", 1, do_uring_send}, {"sendmmsg", 1, do_sendmmsg}, {"udp", 1, do_udp}, {"refused", 0, do_refused},                 \
	{"reset", 0, do_reset}, {"timeout", 0, do_timeout}, {"abandon", 0, do_abandon}, {"no-route", 0, do_no_route},                   \
	{"ping", 1, do_ping}, {"hand-made", 1, do_hand_made}, {"unix", 1, do_unix}, {"use-socket", 3, do_use_socket},                   \
	{"hand-on", 2, do_hand_on}, {"calls", 2, do_calls},                      \
	{"stay-connected", 0, do_stay_connected}, {"hold", 1, do_hold}, {"speak", 1, do_speak}

#endif
