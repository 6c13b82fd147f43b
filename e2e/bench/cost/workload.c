// SPDX-License-Identifier: Apache-2.0
/* The storms that are measured, and their other sides: one deed a word. Each ends with 0 only if all that it should do was done. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A documentation address (RFC 5737), on the loopback interface of the resolver's own network namespace. */
#define RESOLVER "192.0.2.53"
#define DNS_PORT 53
#define HEADER 12

extern char **environ;

static int execute_one(void)
{
	char *command[] = {"/bin/true", NULL};
	int status;
	pid_t pid;

	return posix_spawn(&pid, command[0], NULL, NULL, command, environ) || waitpid(pid, &status, 0) != pid || status;
}

/* processes COUNT: one short process after another */
static int do_processes(char **a)
{
	int failed = 0;

	for (int i = atoi(a[0]); i > 0; i--)
		failed |= execute_one();
	return failed;
}

static int listen_on_loopback(struct sockaddr_in *address)
{
	socklen_t size = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	return bind(fd, (void *)address, size) || listen(fd, 4096) || getsockname(fd, (void *)address, &size) ? -1 : fd;
}

/* listen: says its port, then takes every connection, gives it a byte and waits for its end */
static int do_listen(char **a)
{
	struct sockaddr_in address;
	int fd = listen_on_loopback(&address), one;
	char byte;

	(void)a;
	dprintf(1, "%d\n", ntohs(address.sin_port));
	while ((one = accept(fd, NULL, NULL)) >= 0) {
		(void)!write(one, "x", 1);
		(void)!read(one, &byte, 1);
		close(one);
	}
	return 1;
}

/* Ends by a reset: ten thousand connections that wait out their end would leave no ports to the next round. */
static int connect_one(struct sockaddr_in *to)
{
	struct linger reset = {.l_onoff = 1};
	int fd = socket(AF_INET, SOCK_STREAM, 0), failed;
	char byte;

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	failed = connect(fd, (void *)to, sizeof(*to)) || read(fd, &byte, 1) != 1;
	close(fd);
	return failed;
}

/* connects COUNT PORT: one connection after another to a listener on loopback */
static int do_connects(char **a)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(atoi(a[1]))};
	int failed = 0;

	for (int i = atoi(a[0]); i > 0; i--)
		failed |= connect_one(&to);
	return failed;
}

static int add_resolver_address(void)
{
	struct ifreq request = {.ifr_name = "lo:1"};
	struct sockaddr_in *address = (void *)&request.ifr_addr;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), failed;

	address->sin_family = AF_INET;
	inet_pton(AF_INET, RESOLVER, &address->sin_addr);
	failed = ioctl(fd, SIOCSIFADDR, &request);
	strcpy(request.ifr_name, "lo");
	failed |= ioctl(fd, SIOCGIFFLAGS, &request);
	request.ifr_flags |= IFF_UP;
	failed |= ioctl(fd, SIOCSIFFLAGS, &request);
	close(fd);
	return failed;
}

static struct sockaddr_in resolver_address(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(DNS_PORT)};

	inet_pton(AF_INET, RESOLVER, &address.sin_addr);
	return address;
}

/* The question, with one answer behind it: the name by a pointer, type A, class IN, a minute, four bytes. */
static size_t answer(unsigned char *message, size_t size)
{
	static const unsigned char record[] = {0xc0, HEADER, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 80};

	message[2] |= 0x80;
	message[7] = 1;
	memcpy(message + size, record, sizeof(record));
	return size + sizeof(record);
}

/* resolver: in a network namespace of its own, says its process number and answers every question */
static int do_resolver(char **a)
{
	struct sockaddr_in address, from;
	unsigned char message[600];
	socklen_t length = sizeof(from);
	ssize_t size;
	int fd;

	(void)a;
	if (unshare(CLONE_NEWNET) || add_resolver_address())
		return 1;
	address = resolver_address();
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(fd, (void *)&address, sizeof(address)))
		return 1;
	dprintf(1, "%d\n", getpid());
	while ((size = recvfrom(fd, message, 512, 0, (void *)&from, &length)) >= 0)
		sendto(fd, message, answer(message, size), 0, (void *)&from, length);
	return 1;
}

static int enter_network(const char *pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
	return setns(open(path, O_RDONLY | O_CLOEXEC), CLONE_NEWNET);
}

/* A question for the address of qNNNNN.storm.test. */
static size_t write_question(unsigned char *message, int number)
{
	static const unsigned char tail[] = "\5storm\4test\0\0\1\0\1"; /* type A, class IN */
	int label;

	memset(message, 0, HEADER);
	message[0] = number >> 8;
	message[1] = number;
	message[2] = message[5] = 1; /* recursion desired; one question */
	label = sprintf((char *)message + HEADER + 1, "q%05d", number);
	message[HEADER] = label;
	memcpy(message + HEADER + 1 + label, tail, sizeof(tail) - 1);
	return HEADER + 1 + label + sizeof(tail) - 1;
}

/* questions COUNT PID: one question after another, in the network namespace of the resolver with that process number */
static int do_questions(char **a)
{
	struct sockaddr_in address = resolver_address();
	unsigned char message[600];
	int failed = enter_network(a[1]), fd = socket(AF_INET, SOCK_DGRAM, 0);

	for (int i = 0; i < atoi(a[0]) && !failed; i++) {
		size_t size = write_question(message, i);

		failed = sendto(fd, message, size, 0, (void *)&address, sizeof(address)) < 0 || recv(fd, message, sizeof(message), 0) <= (ssize_t)size;
	}
	return failed != 0;
}

/* calls COUNT: system calls that nobody watches */
static int do_calls(char **a)
{
	for (int i = atoi(a[0]); i > 0; i--)
		syscall(SYS_getppid);
	return 0;
}

/* steady SECONDS: in each hundredth of a second ten processes, which are born, execute and end, and ten connected datagram sockets */
static int do_steady(char **a)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(9)};
	struct timespec next;
	int failed = 0, fd = socket(AF_INET, SOCK_DGRAM, 0);

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (int turn = 0; turn < atoi(a[0]) * 100; turn++) {
		for (int i = 0; i < 10; i++)
			failed |= execute_one() || connect(fd, (void *)&to, sizeof(to));
		next.tv_nsec += 10000000;
		next.tv_sec += next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	return failed;
}

static const struct {
	const char *name;
	int arguments;
	int (*act)(char **arguments);
} deeds[] = {
	{"processes", 1, do_processes}, {"listen", 0, do_listen}, {"connects", 2, do_connects}, {"resolver", 0, do_resolver},
	{"questions", 2, do_questions}, {"calls", 1, do_calls}, {"steady", 1, do_steady},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(deeds) / sizeof(*deeds); i++)
		if (argc > 1 && !strcmp(argv[1], deeds[i].name) && argc - 2 >= deeds[i].arguments)
			return deeds[i].act(argv + 2);
	return 2;
}
