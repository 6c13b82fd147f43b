/* SPDX-License-Identifier: Apache-2.0 */
/* Deeds of the actor: what reaches into other processes, towards the kernel, and out of namespaces. */
#ifndef CHAPERONE_ACTOR_REACH_H
#define CHAPERONE_ACTOR_REACH_H

#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int open_memory(pid_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	return open(path, O_RDWR);
}

static bool reach_by(const char *way, pid_t pid)
{
	char byte = 0;
	struct iovec here = {&byte, 1}, there = here;

	if (!strcmp(way, "attach"))
		return ptrace(PTRACE_ATTACH, pid, NULL, NULL) == 0 && waitpid(pid, NULL, 0) == pid;
	if (!strcmp(way, "seize"))
		return ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0 && ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0 && waitpid(pid, NULL, 0) == pid;
	if (!strcmp(way, "read"))
		return process_vm_readv(pid, &here, 1, &there, 1, 0) == 1;
	if (!strcmp(way, "write"))
		return process_vm_writev(pid, &here, 1, &there, 1, 0) == 1;
	if (!strcmp(way, "mem"))
		return open_memory(pid) >= 0;
	if (!strcmp(way, "getfd"))
		return syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, pid, 0), 0, 0) >= 0;
	return false;
}

/* reach WAY TIMES: into the memory of a child */
static int do_reach(char **a)
{
	pid_t child = fork();
	bool reached = true;

	if (child == 0)
		for (;;)
			pause();
	for (int i = 0; i < atoi(a[1]); i++)
		reached = reach_by(a[0], child) && reached;
	kill(child, SIGKILL);
	waitpid(child, NULL, __WALL);
	return !reached;
}

/* unshare FLAGS: a child leaves the namespaces of its parent, executes nothing, and ends */
static int do_unshare(char **a)
{
	int status = 1;

	if (fork() == 0)
		_exit(unshare(strtol(a[0], NULL, 0)));
	wait(&status);
	return status != 0;
}

/* clone FLAGS: a child is born in namespaces of its own */
static int do_clone(char **a)
{
	int status = 1;

	if (syscall(SYS_clone, strtol(a[0], NULL, 0) | SIGCHLD, NULL, NULL, NULL, NULL) == 0)
		_exit(0);
	wait(&status);
	return status != 0;
}

/* load-bpf NAME: the smallest program */
static int do_load_bpf(char **a)
{
	static struct bpf_insn pass[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K}, {.code = BPF_JMP | BPF_EXIT}};
	union bpf_attr attributes = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (__u64)pass,
		.insn_cnt = 2,
		.license = (__u64)"GPL",
	};

	strncpy(attributes.prog_name, a[0], sizeof(attributes.prog_name) - 1);
	return syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof(attributes)) < 0;
}

/* load-module FILE */
static int do_load_module(char **a)
{
	return syscall(SYS_finit_module, open(a[0], O_RDONLY), "", 0) != 0;
}

#define REACH_DEEDS \
	{"reach", 2, do_reach}, {"unshare", 1, do_unshare}, {"clone", 1, do_clone}, {"load-bpf", 1, do_load_bpf}, \
	{"load-module", 1, do_load_module}

#endif
