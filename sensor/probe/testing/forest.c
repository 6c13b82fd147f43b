// SPDX-License-Identifier: Apache-2.0
/*
 * Grows random process trees below stand-ins for a runner and writes down what it did: the truth that the sensor's account is compared with.
 * Everything follows from the seed. Compiled by forest.ts.
 *
 *   forest SEED FIRST COUNT AT_ONCE RECORDS   the whole of it
 *   Runner.Worker runner TREE SEED            one runner: some steps, each a tree
 *   alpha|beta|gamma|delta node …             an executed image of a tree; delta is a script that alpha interprets
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Inherited by every process: where the truth is written, and what tells the forest that a tree is gone. */
#define RECORDS_FD 200
#define ALIVE_FD 201
#define RECORDS_BYTES (64l << 20)
#define DEEPEST 6

enum kind {
	BORN = 1,	/* told by whoever forked it; image is the one that it inherits */
	EXECUTED = 2,	/* told by the new image */
	ENDING = 3,	/* told right before, or by whoever kills it */
};

struct record {
	uint32_t kind, tree, step, pid;
	uint64_t process, image, before;
	int32_t code, signal;
	uint32_t replaces, pad;
};

static struct {
	_Atomic uint64_t count;
	char pad[56];
	struct record records[];
} *book;

/* The process that this is, or is about to be. */
static struct {
	uint32_t tree, step, depth, replaces;
	uint64_t process, image;
	uint64_t dice;
} self;

static char folder[256];

static void write_down(struct record record)
{
	record.tree = self.tree;
	record.step = self.step;
	book->records[atomic_fetch_add(&book->count, 1)] = record;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t x = a ^ (b + 0x9e3779b97f4a7c15 + (a << 6) + (a >> 2));

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

static uint64_t roll(void)
{
	return self.dice = mix(self.dice, 1);
}

static uint32_t below(uint32_t limit)
{
	return roll() % limit;
}

static void open_book(void)
{
	book = mmap(NULL, RECORDS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, RECORDS_FD, 0);
	if (book == MAP_FAILED)
		_exit(99);
}

static void live(void) __attribute__((noreturn));
static void execute(void);

static void end_as(int code, int with) __attribute__((noreturn));
static void end_as(int code, int with)
{
	write_down((struct record){.kind = ENDING, .pid = getpid(), .process = self.process, .image = self.image, .code = code, .signal = with});
	if (with) {
		signal(with, SIG_DFL);
		kill(getpid(), with);
		pause();
	}
	_exit(code);
}

/* Before a fork: who the child will be. After it, in the parent: that it was born. */
static uint64_t next_child(void)
{
	return mix(self.process, roll());
}

static void born(uint64_t child, pid_t pid)
{
	if (pid > 0)
		write_down((struct record){.kind = BORN, .pid = pid, .process = child, .image = self.image, .before = self.process});
}

static void become(uint64_t process)
{
	self.process = process;
	self.dice = process;
	self.depth++;
	self.replaces = 0;
}

static void reap(pid_t pid)
{
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* A child that goes on as a copy of this process. */
static pid_t fork_copy(unsigned long flags)
{
	uint64_t child = next_child();
	pid_t pid = flags ? (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL) : fork();

	if (pid == 0) {
		become(child);
		live();
	}
	born(child, pid);
	return pid;
}

static pid_t spawn(void)
{
	uint64_t child = next_child();
	pid_t pid = fork();

	if (pid == 0) {
		become(child);
		execute();
	}
	born(child, pid);
	return pid;
}

/* The child runs in this process's memory until it executes, so what it changed of it is put back. */
static pid_t vspawn(void)
{
	uint64_t child = next_child();
	__typeof__(self) kept = self;
	volatile pid_t pid = vfork();

	if (pid == 0) {
		become(child);
		execute();
	}
	self = kept;
	born(child, pid);
	return pid;
}

/* Killed at once, perhaps before its first instruction. */
static void kill_early(void)
{
	uint64_t child = next_child();
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	born(child, pid);
	if (pid < 0)
		return;
	write_down((struct record){.kind = ENDING, .pid = pid, .process = child, .image = self.image, .signal = SIGKILL});
	kill(pid, SIGKILL);
	reap(pid);
}

/* Twice forked, in a session of its own, going on once its parent is gone. */
static void leave_daemon(void)
{
	uint64_t child = next_child(), grandchild;
	pid_t pid = fork(), parent;

	if (pid) {
		born(child, pid);
		reap(pid);
		return;
	}
	become(child);
	setsid();
	parent = getpid();
	grandchild = next_child();
	pid = fork();
	if (pid == 0) {
		while (getppid() == parent)
			usleep(100);
		become(grandchild);
		if (below(2))
			execute();
		live();
	}
	born(grandchild, pid);
	end_as(0, 0);
}

/* Another process by the number of one that has ended. */
static void use_again(pid_t number)
{
	struct clone_args arguments = {.exit_signal = SIGCHLD, .set_tid = (uintptr_t)&number, .set_tid_size = 1};
	uint64_t child = next_child();
	pid_t pid;

	if (number <= 0)
		return;
	pid = syscall(SYS_clone3, &arguments, sizeof(arguments));
	if (pid == 0) {
		become(child);
		if (below(2))
			execute();
		live();
	}
	born(child, pid);
	reap(pid);
}

static void *end_thread(void *unused)
{
	return unused;
}

static void *fork_in_thread(void *unused)
{
	reap(below(2) ? fork_copy(0) : spawn());
	return unused;
}

static void in_thread(void *(*act)(void *))
{
	pthread_t thread;

	if (!pthread_create(&thread, NULL, act, NULL))
		pthread_join(thread, NULL);
}

static void *execute_in_thread(void *unused)
{
	execute();
	return unused;
}

static void *end_in_thread(void *code)
{
	usleep(below(300));
	end_as((int)(intptr_t)code, 0);
}

/* By another thread than the first, which waits or has ended. */
static void hand_over(void *(*act)(void *), void *argument)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, act, argument))
		end_as(98, 0);
	if (below(2))
		syscall(SYS_exit, 0);
	for (;;)
		pause();
}

static void act(void)
{
	pid_t children[2] = {};

	switch (below(14)) {
	case 0: case 1: reap(fork_copy(0)); break;
	case 2: reap(spawn()); break;
	case 3: reap(vspawn()); break;
	case 4: children[0] = spawn(); children[1] = fork_copy(0); reap(children[0]); reap(children[1]); break;
	case 5: fork_copy(0); break; /* perhaps left behind */
	case 6: fork_copy(CLONE_PARENT); break;
	case 7: reap(vspawn()); reap(vspawn()); break;
	case 8: kill_early(); break;
	case 9: leave_daemon(); break;
	case 10: in_thread(end_thread); in_thread(end_thread); break;
	case 11: in_thread(fork_in_thread); break;
	case 12: prctl(PR_SET_CHILD_SUBREAPER, 1); break;
	case 13: children[0] = spawn(); reap(children[0]); use_again(children[0]); break;
	}
}

static void live(void)
{
	static const int fatal[] = {SIGKILL, SIGTERM, SIGABRT, SIGSEGV};
	uint32_t acts = self.depth < DEEPEST ? below(self.depth < 2 ? 3 : 2) : 0, end;

	for (uint32_t i = 0; i < acts; i++)
		act();
	end = below(12);
	if (end < 2 && self.depth < DEEPEST) {
		self.depth++;
		execute();
	}
	if (end == 2 && self.depth < DEEPEST) {
		self.depth++;
		hand_over(execute_in_thread, NULL);
	}
	if (end == 3)
		hand_over(end_in_thread, (void *)(intptr_t)below(200));
	if (end == 4)
		end_as(0, fatal[below(4)]);
	end_as(end < 9 ? 0 : below(256), 0);
}

/* Into a new image of this process. Never returns. */
static void execute(void)
{
	static const char *const names[] = {"alpha", "beta", "gamma", "delta"};
	char path[300], tree[16], step[16], process[24], image[24], before[24], depth[16], replaces[16];
	char *arguments[] = {path, "node", tree, step, process, image, before, depth, replaces, NULL};
	int fd;

	snprintf(path, sizeof(path), "%s/absent", folder);
	if (!below(4))
		execv(path, arguments); /* fails, and is nothing */
	snprintf(path, sizeof(path), "%s/%s", folder, names[below(4)]);
	snprintf(tree, sizeof(tree), "%u", self.tree);
	snprintf(step, sizeof(step), "%u", self.step);
	snprintf(process, sizeof(process), "%016lx", self.process);
	snprintf(image, sizeof(image), "%016lx", mix(self.process, roll()));
	snprintf(before, sizeof(before), "%016lx", self.image);
	snprintf(depth, sizeof(depth), "%u", self.depth);
	snprintf(replaces, sizeof(replaces), "%u", self.replaces);
	if (below(4) || path[strlen(path) - 5] == 'd')
		execv(path, arguments);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	syscall(SYS_execveat, fd, "", arguments, environ, AT_EMPTY_PATH);
	_exit(97);
}

/* node TREE STEP PROCESS IMAGE BEFORE DEPTH REPLACES */
static void be_node(char **a)
{
	uint64_t before = strtoull(a[5], NULL, 16);

	self.tree = atoi(a[1]);
	self.step = atoi(a[2]);
	self.process = strtoull(a[3], NULL, 16);
	self.image = strtoull(a[4], NULL, 16);
	self.depth = atoi(a[6]);
	self.dice = mix(self.image, 7);
	write_down((struct record){.kind = EXECUTED, .pid = getpid(), .process = self.process, .image = self.image, .before = before, .replaces = atoi(a[7])});
	self.replaces = 1;
	live();
}

/* The runner's own programs are numbered from here; they are of no step. */
#define OWN 1000

static pid_t start_step(uint32_t step)
{
	uint64_t child = next_child();
	__typeof__(self) kept = self;
	char action[32], output[64];
	pid_t pid;

	if (step < OWN) {
		snprintf(action, sizeof(action), "__run_%u", step);
		snprintf(output, sizeof(output), "/set_output_%08x-0000-0000-0000-%012u", self.tree, step);
		setenv("GITHUB_ACTION", action, 1);
		setenv("GITHUB_OUTPUT", output, 1);
	} else {
		clearenv();
	}
	self.step = step;
	pid = fork();
	if (pid == 0) {
		become(child);
		execute();
	}
	born(child, pid);
	self = kept;
	return pid;
}

/* runner TREE SEED */
static void be_runner(char **a)
{
	uint32_t steps;

	self.tree = atoi(a[1]);
	self.process = self.dice = mix(strtoull(a[2], NULL, 10), self.tree);
	self.image = mix(self.process, 3);
	write_down((struct record){.kind = EXECUTED, .pid = getpid(), .process = self.process, .image = self.image});
	steps = 1 + below(4);
	for (uint32_t step = 1; step <= steps; step++) {
		pid_t pid = start_step(step);

		if (!below(4))
			reap(start_step(OWN + step));
		if (below(4)) /* else the next one runs beside it */
			reap(pid);
	}
	while (wait(NULL) > 0 || errno == EINTR)
		;
	end_as(100, 0);
}

static pid_t plant(uint32_t tree, uint64_t seed, int alive[2])
{
	char path[300], number[16], text[24];
	char *arguments[] = {path, "runner", number, text, NULL};
	pid_t pid;

	if (pipe2(alive, O_CLOEXEC))
		exit(1);
	snprintf(path, sizeof(path), "%s/Runner.Worker", folder);
	snprintf(number, sizeof(number), "%u", tree);
	snprintf(text, sizeof(text), "%lu", seed);
	self.tree = tree;
	self.step = 0;
	pid = fork();
	if (pid == 0) {
		dup2(alive[1], ALIVE_FD);
		execv(path, arguments);
		_exit(96);
	}
	born(mix(seed, tree), pid);
	close(alive[1]);
	return pid;
}

/* forest SEED FIRST COUNT AT_ONCE RECORDS */
static int grow(char **a)
{
	uint64_t seed = strtoull(a[1], NULL, 10);
	uint32_t next = atoi(a[2]), end = next + atoi(a[3]), most = atoi(a[4]), growing = 0;
	struct pollfd trees[64];
	int fd = open(a[5], O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || ftruncate(fd, RECORDS_BYTES) || dup2(fd, RECORDS_FD) < 0 || most > 64)
		return 1;
	open_book();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	while (next < end || growing) {
		while (next < end && growing < most) {
			int alive[2];

			plant(next++, seed, alive);
			trees[growing++] = (struct pollfd){.fd = alive[0], .events = POLLIN};
		}
		poll(trees, growing, 10);
		for (uint32_t i = 0; i < growing; i++) {
			if (!(trees[i].revents & POLLHUP))
				continue;
			close(trees[i].fd);
			trees[i--] = trees[--growing];
		}
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	while (wait(NULL) > 0)
		;
	return 0;
}

int main(int argc, char **argv)
{
	struct rlimit none = {};
	char **a = argv + 1, *slash;

	(void)argc;
	setrlimit(RLIMIT_CORE, &none);
	if (readlink("/proc/self/exe", folder, sizeof(folder) - 1) < 0 || !(slash = strrchr(folder, '/')))
		return 1;
	*slash = 0;
	if (argc > 2 && a[0][0] == '/') /* of the interpreter: the script's name comes first */
		a++;
	if (argc > 5 && strcmp(a[0], "node") && strcmp(a[0], "runner"))
		return grow(a - 1);
	open_book();
	if (!strcmp(a[0], "runner"))
		be_runner(a);
	be_node(a);
}
