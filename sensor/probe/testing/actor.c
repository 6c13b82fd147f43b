// SPDX-License-Identifier: Apache-2.0
/* What the tests of the probe need done: one deed a word. Compiled by actor.ts. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../bpf/events.h"
#include "actor-names.h"
#include "actor-network.h"
#include "actor-reach.h"

extern char **environ;

/* connect FAMILY tcp|udp PORT */
static int do_connect(char **a)
{
	struct sockaddr_storage address;
	socklen_t size = loopback(&address, atoi(a[0]), atoi(a[2]));
	int fd = socket(address.ss_family, strcmp(a[1], "tcp") ? SOCK_DGRAM : SOCK_STREAM, 0);

	return connect(fd, (void *)&address, size) != 0;
}

/* send FAMILY PORT TIMES: datagrams on one socket, to the port and to the one after it in turn */
static int do_send(char **a)
{
	struct sockaddr_storage address;
	int fd = socket(atoi(a[0]) == 4 ? AF_INET : AF_INET6, SOCK_DGRAM, 0);

	for (int i = 0; i < atoi(a[2]); i++) {
		socklen_t size = loopback(&address, atoi(a[0]), atoi(a[1]) + i % 2);

		sendto(fd, "x", 1, 0, (void *)&address, size);
	}
	return 0;
}

/* connects COUNT: of one UDP socket, to one port after another */
static int do_connects(char **a)
{
	struct sockaddr_storage address;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	for (int i = 0; i < atoi(a[0]); i++) {
		socklen_t size = loopback(&address, 4, 1 + i % 65535);

		if (connect(fd, (void *)&address, size))
			return 1;
	}
	return 0;
}

/* fork CODE: a child that executes nothing */
static int do_fork(char **a)
{
	if (fork() == 0)
		_exit(atoi(a[0]));
	wait(NULL);
	return 0;
}

/* daemon PORT: twice forked, in a session of its own, connects once its parent is gone */
static int do_daemon(char **a)
{
	char *connect_arguments[] = {"4", "tcp", a[0]};
	int gone[2];
	char byte;

	if (pipe(gone) || fork())
		return 0;
	setsid();
	if (fork())
		_exit(0);
	close(gone[1]);
	(void)!read(gone[0], &byte, 1); /* ends when nobody holds the other end */
	return do_connect(connect_arguments);
}

static void *end_thread(void *unused)
{
	return unused;
}

static void *exit_process(void *code)
{
	usleep(1000);
	exit((int)(long)code);
}

/* threads COUNT CODE: the first thread ends before the last one, which ends the process */
static int do_threads(char **a)
{
	pthread_t thread;

	for (int i = 0; i < atoi(a[0]); i++)
		pthread_create(&thread, NULL, end_thread, NULL);
	pthread_create(&thread, NULL, exit_process, (void *)(long)atoi(a[1]));
	pthread_exit(NULL);
}

static void *execute(void *arguments)
{
	char **command = arguments;

	execv(command[0], command);
	return NULL;
}

/* thread-exec COMMAND…: by another thread than the first */
static int do_thread_exec(char **a)
{
	pthread_t thread;

	pthread_create(&thread, NULL, execute, a);
	pause();
	return 1;
}

/* exec COMMAND…: in this process */
static int do_exec(char **a)
{
	execv(a[0], a);
	return 1;
}

/* storm COUNT AT_ONCE COMMAND…: as fast as it goes */
static int do_storm(char **a)
{
	int left = atoi(a[0]), running = 0, failed = 0;
	pid_t pid;

	while (left || running) {
		if (left && running < atoi(a[1])) {
			failed += posix_spawn(&pid, a[2], NULL, NULL, a + 2, environ) != 0;
			left--;
			running++;
		} else {
			wait(NULL);
			running--;
		}
	}
	return failed != 0;
}

#include "actor-executions.h"

/* kill SIGNAL: itself */
static int do_kill(char **a)
{
	return raise(atoi(a[0]));
}

/* The stand-ins for the sensor's Node process: what the probe sends goes to a file. */
static int copy_link(const char *path)
{
	FILE *file = fopen(path, "ae");
	char buffer[65536];
	ssize_t size;

	while (file && (size = read(3, buffer, sizeof(buffer))) > 0) {
		fwrite(buffer, 1, size, file);
		fflush(file);
	}
	return 0;
}

static void end_well(int signal)
{
	(void)signal;
	_exit(0);
}

/* peer FILE: a good one, which ends on SIGTERM */
static int do_peer(char **a)
{
	signal(SIGTERM, end_well);
	return copy_link(a[0]);
}

/* mortal FILE BYTES: dies after about so many */
static int do_mortal(char **a)
{
	char buffer[64];
	FILE *file = fopen(a[0], "ae");

	for (int left = atoi(a[1]); left > 0; left -= sizeof(buffer))
		fwrite(buffer, 1, read(3, buffer, sizeof(buffer)), file);
	return 1;
}

/* hungry BYTES FILE: like peer, with so much memory */
static int do_hungry(char **a)
{
	if (mmap(NULL, atol(a[0]), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0) == MAP_FAILED)
		return 1;
	signal(SIGTERM, end_well);
	return copy_link(a[1]);
}

static int read_fully(int fd, char *buffer, size_t size)
{
	for (size_t got = 0; got < size;) {
		ssize_t now = read(fd, buffer + got, size - got);

		if (now <= 0)
			return -1;
		got += now;
	}
	return 0;
}

/* Copies frames up to the first of a type, that one too; -1 if it does not come. */
static int copy_frames(int fd, FILE *file, enum frame_type last)
{
	static union {
		struct event_header header;
		char bytes[1 << 20];
	} frame;

	do {
		if (read_fully(fd, frame.bytes, sizeof(frame.header)) || frame.header.len > sizeof(frame) ||
		    read_fully(fd, frame.bytes + sizeof(frame.header), frame.header.len - sizeof(frame.header)))
			return -1;
		fwrite(frame.bytes, 1, frame.header.len, file);
	} while (frame.header.type != last);
	return 0;
}

static int start(char **command, int inherited)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (inherited >= 0)
			fcntl(inherited, F_SETFD, 0);
		execv(command[0], command);
		_exit(127);
	}
	if (inherited >= 0)
		return pid;
	waitpid(pid, &status, 0);
	return status;
}

/* Everything that was told so far. */
static int flush_frames(int fd, FILE *file)
{
	struct {
		struct event_header header;
		char body[8];
	} flush = {.header = {.len = sizeof(flush), .type = FRAME_FLUSH}, .body = "{\"id\":1}"};

	return write(fd, &flush, sizeof(flush)) < 0 || copy_frames(fd, file, FRAME_FLUSHED);
}

static int watch(char **a, char *option)
{
	char number[16], *attach[] = {a[1], "attach", "--cgroup", a[2], "--fd", number, option, NULL};
	char *enter[64] = {a[1], "exec", "--cgroup", a[2], "--"};
	FILE *file = fopen(a[0], "we");
	int ends[2], failed, words = 5;

	if (!file || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return 1;
	snprintf(number, sizeof(number), "%d", ends[1]);
	start(attach, ends[1]);
	close(ends[1]);
	failed = copy_frames(ends[0], file, FRAME_HELLO);
	for (char **word = a + 3; !failed; word++) {
		bool ends_case = !*word || !strcmp(*word, ";;"), ends_command = ends_case || !strcmp(*word, ";");

		enter[words++] = ends_command ? NULL : *word;
		if (ends_command)
			start(enter, -1), words = 5;
		if (ends_case)
			failed = flush_frames(ends[0], file);
		if (!*word)
			break;
	}
	close(ends[0]);
	wait(NULL);
	return fclose(file) || failed;
}

/*
 * watch FILE PROBE CGROUP COMMAND… [; COMMAND…] [;; COMMAND…]: what a probe tells of the commands, as it came, for where there is no Node. After
 * each ;; it is asked for all that it has.
 */
static int do_watch(char **a)
{
	return watch(a, NULL);
}

/* The same by a probe that watches files too. */
static int do_watch_files(char **a)
{
	return watch(a, "--files");
}

/* The same where that costs no system call. */
static int do_watch_files_auto(char **a)
{
	return watch(a, "--files=auto");
}

static int do_nothing(char **a)
{
	(void)a;
	return 0;
}

static const struct {
	const char *name;
	int arguments;
	int (*act)(char **arguments);
} deeds[] = {
	{"connect", 3, do_connect}, {"connects", 1, do_connects}, {"send", 3, do_send}, {"fork", 1, do_fork}, {"daemon", 1, do_daemon}, {"threads", 2, do_threads},
	{"thread-exec", 1, do_thread_exec}, {"exec", 1, do_exec}, {"storm", 3, do_storm}, EXECUTION_DEEDS,
	{"kill", 1, do_kill},
	NETWORK_DEEDS,
	NAME_DEEDS,
	REACH_DEEDS,
	{"watch", 4, do_watch}, {"watch-files", 4, do_watch_files}, {"watch-files-auto", 4, do_watch_files_auto}, {"peer", 1, do_peer}, {"mortal", 2, do_mortal}, {"hungry", 2, do_hungry}, {"nothing", 0, do_nothing},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(deeds) / sizeof(*deeds); i++)
		if (argc > 1 && !strcmp(argv[1], deeds[i].name) && argc - 2 >= deeds[i].arguments)
			return deeds[i].act(argv + 2);
	return 2;
}
