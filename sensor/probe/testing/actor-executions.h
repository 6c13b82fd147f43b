/* SPDX-License-Identifier: Apache-2.0 */
/* Deeds of actor.c: ways to execute, to become another user, and to make processes. */
#include <linux/sched.h>
#include <sys/prctl.h>

/* memfd: executes an unlinked copy of itself */
static int do_memfd(char **a)
{
	char *arguments[] = {"ghost", "nothing", NULL}, buffer[65536];
	FILE *self = fopen("/proc/self/exe", "re");
	int fd = memfd_create("ghost", MFD_CLOEXEC);
	size_t size;

	(void)a;
	while ((size = fread(buffer, 1, sizeof(buffer), self)) > 0)
		if (write(fd, buffer, size) < 0)
			return 1;
	fexecve(fd, arguments, environ);
	return 1;
}

/* memfd-script COMMAND: executes a script of one line that has no name */
static int do_memfd_script(char **a)
{
	char *arguments[] = {"ghost", NULL};
	int fd = memfd_create("ghost", 0); /* stays open, for the interpreter */

	dprintf(fd, "#!/bin/sh\n%s\n", a[0]);
	fexecve(fd, arguments, environ);
	return 1;
}

/* fexec COMMAND…: by its descriptor */
static int do_fexec(char **a)
{
	int fd = open(a[0], O_RDONLY | O_CLOEXEC);

	fexecve(fd, a, environ);
	return 1;
}

/* execveat FOLDER COMMAND…: relative to a folder that is open */
static int do_execveat(char **a)
{
	int fd = open(a[0], O_PATH | O_DIRECTORY);

	syscall(SYS_execveat, fd, a[1], a + 1, environ, 0);
	return 1;
}

/* unlinked PATH COMMAND…: removes the file before it executes it */
static int do_unlinked(char **a)
{
	int fd = open(a[0], O_PATH | O_CLOEXEC);

	unlink(a[0]);
	fexecve(fd, a + 1, environ);
	return 1;
}

static void run_between(int in, int out, char **a)
{
	if (fork() == 0) {
		if (in < 0)
			close(0);
		else
			dup2(in, 0);
		dup2(out, 1);
		execv(a[0], a);
		_exit(1);
	}
	wait(NULL);
}

/* pipe COMMAND…: from nothing to the network, from a socket of this machine into a pipe, and from the pipe to a device */
static int do_pipe(char **a)
{
	int ends[2], pair[2], device = open("/dev/null", O_RDWR | O_CLOEXEC), network = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (pipe2(ends, O_CLOEXEC) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return 1;
	run_between(-1, network, a);
	run_between(pair[0], ends[1], a);
	run_between(ends[0], device, a);
	return 0;
}

/* as UID COMMAND…: becomes that user, then executes */
static int do_as(char **a)
{
	uid_t uid = atoi(a[0]);

	if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		return 1;
	execv(a[1], a + 1);
	return 1;
}

/* seteuid UID [connect FAMILY tcp|udp PORT] */
static int do_seteuid(char **a)
{
	return seteuid(atoi(a[0])) || (a[1] && do_connect(a + 2));
}

static void *burn(void *milliseconds)
{
	struct timespec now;

	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	while (now.tv_sec * 1000 + now.tv_nsec / 1000000 < (long)milliseconds);
	return NULL;
}

/* work THREADS MILLISECONDS MEBIBYTES: CPU time, as much in each thread; memory that is used */
static int do_work(char **a)
{
	long threads = atol(a[0]), size = atol(a[2]) << 20;
	pthread_t thread[16];

	memset(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1, size);
	for (long i = 0; i < threads; i++)
		pthread_create(&thread[i], NULL, burn, (void *)atol(a[1]));
	for (long i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	return 0;
}

/* grow MEBIBYTES COMMAND…: uses so much memory, then executes */
static int do_grow(char **a)
{
	long size = atol(a[0]) << 20;

	memset(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1, size);
	return do_exec(a + 1);
}

/* Runs a command in a child that is made by clone3(2) with these flags, and waits for it. */
static int clone_command(struct clone_args arguments, char **command)
{
	pid_t pid;

	arguments.exit_signal = SIGCHLD;
	pid = syscall(SYS_clone3, &arguments, sizeof(arguments));
	if (pid == 0) {
		execv(command[0], command);
		_exit(127);
	}
	return pid < 0 || waitpid(pid, NULL, __WALL) != pid;
}

/* into CGROUP COMMAND…: born in another cgroup than its parent's */
static int do_into(char **a)
{
	int cgroup = open(a[0], O_PATH | O_DIRECTORY);

	return clone_command((struct clone_args){.flags = CLONE_INTO_CGROUP, .cgroup = cgroup}, a + 1);
}

/* contain CGROUP COMMAND…: as a container runtime does it: enters the cgroup, then runs the first process of a pid namespace there */
static int do_contain(char **a)
{
	char path[4096];
	FILE *processes;

	snprintf(path, sizeof(path), "%s/cgroup.procs", a[0]);
	processes = fopen(path, "w");
	if (!processes || fputs("0", processes) < 0 || fclose(processes))
		return 1;
	return clone_command((struct clone_args){.flags = CLONE_NEWPID}, a + 1);
}

/* again COMMAND…: twice, the second time with the process id that the first one had */
static int do_again(char **a)
{
	struct clone_args arguments = {};
	pid_t pid = fork();

	if (pid == 0) {
		execv(a[0], a);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	arguments.set_tid = (unsigned long)&pid;
	arguments.set_tid_size = 1;
	return clone_command(arguments, a);
}

/* vfork COMMAND… */
static int do_vfork(char **a)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execv(a[0], a);
		_exit(127);
	}
	return waitpid(pid, NULL, 0) != pid;
}

/* sibling COMMAND…: a child forks a child of its own parent's, which runs the command */
static int do_sibling(char **a)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct clone_args arguments = {.flags = CLONE_PARENT};

		if (syscall(SYS_clone3, &arguments, sizeof(arguments)) == 0) {
			execv(a[0], a);
			_exit(127);
		}
		_exit(0);
	}
	return wait(NULL) < 0 || wait(NULL) < 0;
}

/* adopt COMMAND…: becomes the parent of a grandchild whose own parent ends */
static int do_adopt(char **a)
{
	pid_t middle;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	middle = fork();
	if (middle == 0) {
		pid_t self = getpid();

		if (fork() == 0) {
			while (getppid() == self)
				usleep(100);
			execv(a[0], a);
			_exit(127);
		}
		_exit(0);
	}
	return wait(NULL) < 0 || wait(NULL) < 0;
}

/* wait COMMAND…: executes it once there is something on its standard input */
static int do_wait(char **a)
{
	char byte;

	return read(0, &byte, 1) != 1 || do_exec(a);
}

/* blast WORKERS COUNT PROGRAM: that many processes of each worker, as fast as a kernel can make them */
static int do_blast(char **a)
{
	char *command[] = {a[2], NULL};
	int failed = 0, status;

	for (int worker = 0; worker < atoi(a[0]); worker++) {
		if (fork())
			continue;
		for (int i = 0; i < atoi(a[1]); i++)
			failed += do_vfork(command);
		_exit(failed != 0);
	}
	while (wait(&status) > 0)
		failed += status != 0;
	return failed != 0;
}

#define EXECUTION_DEEDS \
	{"memfd", 0, do_memfd}, {"memfd-script", 1, do_memfd_script}, {"fexec", 1, do_fexec}, {"execveat", 2, do_execveat}, \
	{"unlinked", 2, do_unlinked}, {"as", 2, do_as}, {"seteuid", 1, do_seteuid}, {"work", 3, do_work}, {"grow", 2, do_grow}, \
	{"into", 2, do_into}, {"contain", 2, do_contain}, {"again", 1, do_again}, {"vfork", 1, do_vfork}, {"sibling", 1, do_sibling}, \
	{"adopt", 1, do_adopt}, {"pipe", 1, do_pipe}, {"wait", 1, do_wait}, {"blast", 3, do_blast}
