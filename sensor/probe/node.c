// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "node.h"
#include "signals.h"

#define LINK_FD 3
/* Who lived this long did not die of its start. */
#define LONG_LIFE_NS (60 * SECOND_NS)
#define FIRST_DELAY_NS (1 * SECOND_NS)
#define LONGEST_DELAY_NS (30 * SECOND_NS)
#define MEMORY_INTERVAL_NS (2 * SECOND_NS)
#define MEMORY_GRACE_NS (5 * SECOND_NS)
/* Of the container's memory: with more than this Node is asked to make room, and more than that it is not given. The rest is the probe's. */
#define ENOUGH_TENTHS 7
#define MOST_TENTHS 8
/* A Node that was not heard has not loaded its program, and SIGTERM would end it with all it has to tell. It may never be heard. */
#define ASK_PATIENCE_NS (3 * SECOND_NS)

static void become_node(char **command, int link, pid_t parent)
{
	restore_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	if (link == LINK_FD)
		fcntl(link, F_SETFD, 0);
	else
		dup2(link, LINK_FD);
	setenv("CHAPERONE_PROBE_FD", "3", 1);
	setenv("MALLOC_ARENA_MAX", "1", 1); /* its threads allocate little: 1.3 to 1.9 MB less resident, measured */
	setenv("NODE_OPTIONS", "--disable-sigusr1", 1); /* which would open a debugger on loopback, for the whole pod */
	execvp(command[0], command);
	fprintf(stderr, "chaperone: cannot start %s: %s\n", command[0], strerror(errno));
	_exit(127);
}

int start_node(struct node *node)
{
	pid_t parent = getpid();
	int ends[2];

	node->started = now_ns();
	node->start_due = node->started + FIRST_DELAY_NS;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		fprintf(stderr, "chaperone: cannot make a socket: %s\n", strerror(errno));
		return -1;
	}
	node->pid = fork();
	if (node->pid == 0)
		become_node(node->command, ends[1], parent);
	close(ends[1]);
	if (node->pid < 0) {
		fprintf(stderr, "chaperone: cannot fork: %s\n", strerror(errno));
		node->pid = 0;
		close(ends[0]);
		return -1;
	}
	node->start_due = 0;
	node->heard = false;
	node->limited = false;
	node->ask_due = 0;
	node->kill_due = 0;
	node->memory_due = node->started + MEMORY_INTERVAL_NS;
	return ends[0];
}

static void ask_to_end(struct node *node)
{
	node->ask_due = 0;
	kill(node->pid, node->ask_signal);
}

void stop_node(struct node *node, int signal, __u64 grace_ns)
{
	__u64 now = now_ns();

	if (!node->pid)
		return;
	node->ask_signal = signal;
	node->kill_due = now + grace_ns;
	if (node->heard)
		ask_to_end(node);
	else
		node->ask_due = now + ASK_PATIENCE_NS;
}

void plan_restart(struct node *node)
{
	__u64 now = now_ns(), delay = 0;

	if (now - node->started > LONG_LIFE_NS)
		node->quick_deaths = 0;
	if (node->quick_deaths) {
		unsigned int doublings = node->quick_deaths - 1 < 5 ? node->quick_deaths - 1 : 5;

		delay = FIRST_DELAY_NS << doublings;
	}
	if (delay > LONGEST_DELAY_NS)
		delay = LONGEST_DELAY_NS;
	node->quick_deaths++;
	node->restarts++;
	node->pid = 0;
	node->ask_due = 0;
	node->kill_due = 0;
	node->start_due = now + delay;
}

struct memory {
	__u64 pinned;	/* what cannot be taken from it: unlike the text of its program, which the kernel drops before it kills */
	__u64 reserved;	/* mapped for data of its own, and not yet used */
};

/* 0 if the process is gone. */
static struct memory read_memory(pid_t pid)
{
	unsigned long kib, data = 0, used = 0;
	struct memory memory = {};
	char path[32], line[128];
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = fopen(path, "re");
	if (!status)
		return memory;
	while (fgets(line, sizeof(line), status)) {
		if (sscanf(line, "VmData: %lu kB", &kib) == 1)
			data = kib;
		if (sscanf(line, "RssAnon: %lu kB", &kib) == 1)
			used = kib;
		if (sscanf(line, "RssAnon: %lu kB", &kib) == 1 || sscanf(line, "RssShmem: %lu kB", &kib) == 1)
			memory.pinned += kib * 1024;
	}
	fclose(status);
	memory.reserved = data > used ? (data - used) * 1024 : 0;
	return memory;
}

/*
 * What Node asks for beyond this the kernel refuses to Node alone, however fast it asks. Its engine reserves half a gigabyte that it hardly uses,
 * and each thread a stack: so the limit goes along with that. Only once it runs: what it reserves as it starts would be refused.
 */
static void limit_memory(const struct node *node, const struct memory *memory)
{
	struct rlimit limit = {.rlim_cur = memory->reserved + node->memory_limit / 10 * MOST_TENTHS, .rlim_max = RLIM_INFINITY};

	if (node->heard && memory->pinned && prlimit(node->pid, RLIMIT_DATA, &limit, NULL))
		fprintf(stderr, "chaperone: cannot limit the memory of the sensor's Node process: %s\n", strerror(errno));
}

/* Kubernetes has the whole container killed at its limit, PID 1 too: better to start Node again before (decision 0015). */
static void guard_memory(struct node *node)
{
	__u64 most = node->memory_limit / 10 * ENOUGH_TENTHS;
	struct memory memory;

	if (!most || node->kill_due)
		return;
	memory = read_memory(node->pid);
	limit_memory(node, &memory);
	if (memory.pinned <= most)
		return;
	fprintf(stderr, "chaperone: the sensor holds %llu MiB of the container's %llu MiB and is started again\n", memory.pinned >> 20,
		node->memory_limit >> 20);
	stop_node(node, SIGHUP, MEMORY_GRACE_NS);
}

int watch_node(struct node *node)
{
	__u64 now = now_ns(), next;

	if (!node->pid)
		return node->start_due > now ? (int)((node->start_due - now) / MILLISECOND_NS) + 1 : 0;
	if (node->heard && !node->limited) {
		node->limited = true;
		node->memory_due = now;
	}
	if (node->ask_due && (node->heard || now >= node->ask_due))
		ask_to_end(node);
	if (node->kill_due && now >= node->kill_due) {
		kill(node->pid, SIGKILL);
		node->kill_due = now + SECOND_NS;
	}
	if (now >= node->memory_due) {
		guard_memory(node);
		node->memory_due = now + MEMORY_INTERVAL_NS;
	}
	next = node->kill_due && node->kill_due < node->memory_due ? node->kill_due : node->memory_due;
	if (node->ask_due && node->ask_due < next)
		next = node->ask_due;
	return (int)((next - now) / MILLISECOND_NS) + 1;
}
