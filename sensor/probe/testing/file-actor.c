// SPDX-License-Identifier: Apache-2.0
/* What the tests of watched files need done: deeds and their arguments, one after the other. Compiled by file-actor.ts. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* A call by its number: the C library would take the younger one in its place. */
#ifdef SYS_open
#define OLD(name, ...) syscall(SYS_##name, __VA_ARGS__)
#else
#define OLD(name, ...) (errno = ENOSYS, -1)
#endif

static int shut(int fd)
{
	return fd < 0 ? 1 : close(fd) != 0;
}

static int do_creat(char **a)
{
	return shut(OLD(creat, a[0], 0644));
}

static int do_open(char **a)
{
	return shut(OLD(open, a[0], O_WRONLY | O_CREAT | O_TRUNC, 0644));
}

static int do_read(char **a)
{
	return shut(open(a[0], O_RDONLY | O_CLOEXEC));
}

static int do_write(char **a)
{
	return shut(openat(AT_FDCWD, a[0], O_RDWR | O_CLOEXEC));
}

static int do_openat(char **a)
{
	int folder = open(a[0], O_PATH | O_DIRECTORY);

	return shut(openat(folder, a[1], O_WRONLY | O_CREAT | O_EXCL, 0600)) || close(folder);
}

static int do_openat2(char **a)
{
	struct open_how how = {.flags = O_WRONLY | O_CREAT, .mode = 0600};

	return shut(syscall(SYS_openat2, AT_FDCWD, a[0], &how, sizeof(how)));
}

/* tmpfile FOLDER NAME: a file without a name, which then gets one */
static int do_tmpfile(char **a)
{
	char self[64];
	int fd = open(a[0], O_TMPFILE | O_RDWR, 0600);

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, self, AT_FDCWD, a[1], AT_SYMLINK_FOLLOW) || close(fd);
}

/* map PATH: changes the file by memory alone */
static int do_map(char **a)
{
	int fd = open(a[0], O_RDWR);
	char *bytes = ftruncate(fd, 4096) ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (bytes == MAP_FAILED)
		return 1;
	bytes[0] = 'x';
	return munmap(bytes, 4096) || close(fd);
}

static int do_rename(char **a)
{
	return OLD(rename, a[0], a[1]) != 0;
}

static int do_renameat(char **a)
{
	return renameat(AT_FDCWD, a[0], AT_FDCWD, a[1]) != 0;
}

/* renamein FOLDER OLD NEW: as a program does that holds the folder open */
static int do_renamein(char **a)
{
	int folder = open(a[0], O_RDONLY | O_DIRECTORY);
	char from[256], to[256];

	snprintf(from, sizeof(from), "/proc/self/fd/%d/%s", folder, a[1]);
	snprintf(to, sizeof(to), "/proc/self/fd/%d/%s", folder, a[2]);
	return OLD(rename, from, to) != 0 || close(folder);
}

static int do_exchange(char **a)
{
	return syscall(SYS_renameat2, AT_FDCWD, a[0], AT_FDCWD, a[1], RENAME_EXCHANGE) != 0;
}

static int do_unlink(char **a)
{
	return OLD(unlink, a[0]) != 0;
}

static int do_rmdir(char **a)
{
	return OLD(rmdir, a[0]) != 0;
}

/* unlinkat FOLDER NAME */
static int do_unlinkat(char **a)
{
	int folder = open(a[0], O_PATH | O_DIRECTORY);

	return unlinkat(folder, a[1], 0) || close(folder);
}

static int do_mkdir(char **a)
{
	return OLD(mkdir, a[0], 0700) != 0;
}

static int do_link(char **a)
{
	return OLD(link, a[0], a[1]) != 0;
}

static int do_symlink(char **a)
{
	return OLD(symlink, a[0], a[1]) != 0;
}

static int do_mkfifo(char **a)
{
	return mknodat(AT_FDCWD, a[0], S_IFIFO | 0600, 0) != 0;
}

static int do_truncate(char **a)
{
	return truncate(a[0], 1) != 0;
}

static int do_chmod(char **a)
{
	return OLD(chmod, a[0], 0640) != 0;
}

static int do_fchmod(char **a)
{
	int fd = open(a[0], O_RDONLY);

	return fchmod(fd, 0604) || close(fd);
}

static int do_chdir(char **a)
{
	return chdir(a[0]) != 0;
}

static int do_chroot(char **a)
{
	return chroot(a[0]) || chdir("/");
}

/* int80 PATH: creates it by a call of 32-bit programs */
static int do_int80(char **a)
{
#ifdef __x86_64__
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long result = 5; /* open */

	strncpy(low, a[0], 4095);
	__asm__ volatile("int $0x80" : "+a"(result) : "b"(low), "c"(O_WRONLY | O_CREAT), "d"(0600) : "memory");
	return shut(result);
#else
	return do_creat(a);
#endif
}

/* uring PATH: opened by a request, without a system call that names it */
static int do_uring(char **a)
{
	struct io_uring_params params = {};
	int ring = syscall(SYS_io_uring_setup, 1, &params);
	size_t ring_bytes = params.sq_off.array + sizeof(unsigned int);
	char *queue = mmap(NULL, ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	struct io_uring_sqe *entry = mmap(NULL, sizeof(*entry), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);

	if (ring < 0 || queue == MAP_FAILED || entry == MAP_FAILED)
		return 1;
	*entry = (struct io_uring_sqe){
		.opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = (unsigned long)a[0], .open_flags = O_WRONLY | O_CREAT, .len = 0600};
	*(unsigned int *)(queue + params.sq_off.array) = 0;
	__atomic_store_n((unsigned int *)(queue + params.sq_off.tail), 1, __ATOMIC_RELEASE);
	return syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1;
}

/* creations FOLDER COUNT: of as many files, which it counts */
static int do_creations(char **a)
{
	char path[4096];

	for (int i = 0; i < atoi(a[1]); i++) {
		snprintf(path, sizeof(path), "%s/%d", a[0], i);
		if (shut(open(path, O_WRONLY | O_CREAT | O_EXCL, 0600)))
			return 1;
	}
	return 0;
}

/* removals FOLDER COUNT: of what creations made */
static int do_removals(char **a)
{
	char path[4096];

	for (int i = 0; i < atoi(a[1]); i++) {
		snprintf(path, sizeof(path), "%s/%d", a[0], i);
		if (unlinkat(AT_FDCWD, path, 0))
			return 1;
	}
	return 0;
}

/* again PATH COUNT: opens the same file for writing */
static int do_again(char **a)
{
	for (int i = 0; i < atoi(a[1]); i++)
		if (shut(open(a[0], O_WRONLY)))
			return 1;
	return 0;
}

/* children COUNT: short processes, one after the other */
static int do_children(char **a)
{
	char *arguments[] = {"file-actor", NULL};
	pid_t pid;

	for (int i = 0; i < atoi(a[0]); i++)
		if (posix_spawn(&pid, "/proc/self/exe", NULL, NULL, arguments, environ) || waitpid(pid, NULL, 0) < 0)
			return 1;
	return 0;
}

static void *run_creations(void *arguments)
{
	return (void *)(long)do_creations(arguments);
}

/* threads FOLDER COUNT: four threads, each in a folder of its own */
static int do_threads(char **a)
{
	char folders[4][4096], *arguments[4][2];
	pthread_t threads[4];
	void *failed[4];

	for (int i = 0; i < 4; i++) {
		snprintf(folders[i], sizeof(folders[i]), "%s/%d", a[0], i);
		arguments[i][0] = folders[i];
		arguments[i][1] = a[1];
		pthread_create(&threads[i], NULL, run_creations, arguments[i]);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], &failed[i]);
	return failed[0] || failed[1] || failed[2] || failed[3];
}

static const struct {
	const char *name;
	int arguments;
	int (*act)(char **arguments);
} deeds[] = {
	{"creat", 1, do_creat}, {"open", 1, do_open}, {"read", 1, do_read}, {"write", 1, do_write}, {"openat", 2, do_openat},
	{"openat2", 1, do_openat2}, {"tmpfile", 2, do_tmpfile}, {"map", 1, do_map}, {"rename", 2, do_rename}, {"renameat", 2, do_renameat},
	{"renamein", 3, do_renamein},
	{"exchange", 2, do_exchange}, {"unlink", 1, do_unlink}, {"unlinkat", 2, do_unlinkat}, {"rmdir", 1, do_rmdir}, {"mkdir", 1, do_mkdir},
	{"link", 2, do_link}, {"symlink", 2, do_symlink}, {"mkfifo", 1, do_mkfifo}, {"truncate", 1, do_truncate}, {"chmod", 1, do_chmod},
	{"fchmod", 1, do_fchmod}, {"chdir", 1, do_chdir}, {"chroot", 1, do_chroot}, {"int80", 1, do_int80}, {"uring", 1, do_uring},
	{"creations", 2, do_creations}, {"removals", 2, do_removals}, {"again", 2, do_again}, {"children", 1, do_children}, {"threads", 2, do_threads},
};

#define DEEDS (sizeof(deeds) / sizeof(*deeds))

int main(int argc, char **argv)
{
	for (int at = 1; at < argc;) {
		size_t deed = 0;

		while (deed < DEEDS && strcmp(argv[at], deeds[deed].name))
			deed++;
		if (deed == DEEDS || at + deeds[deed].arguments >= argc)
			return 2;
		if (deeds[deed].act(argv + at + 1)) {
			perror(argv[at]);
			return 1;
		}
		at += 1 + deeds[deed].arguments;
	}
	return 0;
}
