// SPDX-License-Identifier: Apache-2.0
/*
 * stopwatch COMMAND…: runs a command and takes its time, from inside whatever watches it. Says "ready" and waits for a line, so that the start of
 * the watcher is not part of the time; says "done NANOSECONDS STATUS" and waits again, so that the watcher can be looked at once it is idle.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* By this login user the audit log tells the command's records from those of the rest of the machine. */
#define LOGIN_USER "65001"

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void await_line(void)
{
	char byte;

	while (read(0, &byte, 1) == 1 && byte != '\n')
		;
}

static void set_login_user(void)
{
	int fd = open("/proc/self/loginuid", O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)!write(fd, LOGIN_USER, sizeof(LOGIN_USER) - 1);
	close(fd);
}

static int run(char **command)
{
	int status, null;
	pid_t pid = fork();

	if (pid == 0) {
		null = open("/dev/null", O_RDWR);
		dup2(null, 0);
		dup2(null, 1);
		execvp(command[0], command);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	long long began;
	int status;

	if (argc < 2)
		return 2;
	set_login_user();
	dprintf(1, "ready\n");
	await_line();
	began = now();
	status = run(argv + 1);
	dprintf(1, "done %lld %d\n", now() - began, status);
	await_line();
	return 0;
}
