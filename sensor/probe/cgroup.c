// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../bpf/cgroup.h"
#include "cgroup.h"
#include "cgroup.skel.h"

/* The type of a cgroup's file handle: its 64-bit kernfs id (include/linux/exportfs.h). */
#define FILEID_KERNFS 0xfe

static const char canary_cgroup[] = "chaperone-canary";

static int locate(struct own_cgroups *own, const char *enter, struct fault *fault);
static int choose_pod(const struct own_cgroups *own, const char *pod_uid);
static int open_by_id(int mount_fd, __u64 id);
static __u64 read_memory_limit(int mount_fd, const struct own_cgroups *own, unsigned int from);

int find_pod(struct scope *scope, const char *pod_uid, struct fault *fault)
{
	struct own_cgroups own;
	char mount[PATH_MAX];
	int level, mount_fd;

	if (locate(&own, NULL, fault))
		return -1;
	level = choose_pod(&own, pod_uid);
	if (level < 1)
		return fail(fault, "the sensor's cgroup has no parent below the root, so there is no pod to observe");
	if (find_cgroup2_mount(mount, sizeof(mount), fault))
		return -1;
	mount_fd = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mount_fd < 0)
		return fail(fault, "cannot open the cgroup2 mount at %s: %s", mount, strerror(errno));
	scope->id = own.ids[level];
	scope->level = level;
	scope->own_id = own.ids[level + 1];
	scope->memory_limit = read_memory_limit(mount_fd, &own, level + 1);
	scope->fd = open_by_id(mount_fd, scope->id);
	if (scope->fd < 0)
		fail(fault, "cannot open the pod's cgroup by its id: %s (the sensor needs CAP_DAC_READ_SEARCH)", strerror(errno));
	close(mount_fd);
	return scope->fd < 0 ? -1 : 0;
}

int open_local(struct scope *scope, const char *path, struct fault *fault)
{
	struct own_cgroups own;

	snprintf(scope->path, sizeof(scope->path), "%s", path);
	scope->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (scope->fd < 0)
		return fail(fault, "cannot open the cgroup %s: %s", path, strerror(errno));
	if ((size_t)snprintf(scope->own_path, PATH_MAX, "%s/%s", path, canary_cgroup) >= PATH_MAX)
		return fail(fault, "the cgroup's path is too long: %s", path);
	if (mkdir(scope->own_path, 0755) && errno != EEXIST)
		return fail(fault, "cannot make a cgroup below %s: %s", path, strerror(errno));
	if (locate(&own, scope->own_path, fault))
		return -1;
	if (own.level < 1)
		return fail(fault, "%s is not a cgroup of the cgroup2 hierarchy", path);
	scope->level = own.level - 1;
	scope->id = own.ids[own.level - 1];
	scope->own_id = own.ids[own.level];
	return 0;
}

void close_local(struct scope *scope)
{
	if (scope->own_path[0])
		rmdir(scope->own_path);
}

int enter_cgroup(const char *path, struct fault *fault)
{
	char procs[PATH_MAX];
	int fd, error = 0;

	if ((size_t)snprintf(procs, sizeof(procs), "%s/cgroup.procs", path) >= sizeof(procs))
		return fail(fault, "the cgroup's path is too long: %s", path);
	fd = open(procs, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		error = errno;
	if (fd >= 0)
		close(fd);
	return error ? fail(fault, "cannot enter the cgroup %s: %s", path, strerror(error)) : 0;
}

/* In place, the \ooo by which mountinfo writes blanks. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (text[0] == '\\' && text[1] && text[2] && text[3]) {
			*to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0'));
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = 0;
}

int find_cgroup2_mount(char *path, unsigned int size, struct fault *fault)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	size_t capacity = 0;
	char *line = NULL;
	bool found = false;

	if (!mounts)
		return fail(fault, "cannot read /proc/self/mountinfo: %s", strerror(errno));
	while (!found && getline(&line, &capacity, mounts) > 0) {
		char point[PATH_MAX];

		if (!strstr(line, " - cgroup2 ") || sscanf(line, "%*s %*s %*s %*s %4095s", point) != 1)
			continue;
		unescape(point);
		found = strlen(point) < size;
		if (found)
			strcpy(path, point);
	}
	free(line);
	fclose(mounts);
	return found ? 0 : fail(fault, "no cgroup2 file system is mounted; the sensor needs one to name the cgroup that it observes");
}

/* Runs the program in the calling process's context. */
static int ask_kernel(struct cgroup_bpf *program, struct fault *fault)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);
	int error = bpf_prog_test_run_opts(bpf_program__fd(program->progs.find_cgroups), &options);

	return error ? fail(fault, "cannot run the program that finds the cgroup: %s", strerror(-error)) : 0;
}

/* The same in a process that entered another cgroup for it; the answer comes by the shared map. */
static int ask_kernel_in(struct cgroup_bpf *program, const char *enter, struct fault *fault)
{
	int status = 0;
	pid_t child = fork();

	if (child < 0)
		return fail(fault, "cannot fork: %s", strerror(errno));
	if (child == 0)
		_exit(enter_cgroup(enter, fault) || ask_kernel(program, fault));
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return status ? fail(fault, "cannot enter the cgroup %s", enter) : 0;
}

static int locate(struct own_cgroups *own, const char *enter, struct fault *fault)
{
	struct cgroup_bpf *program = cgroup_bpf__open_and_load();
	int error;

	if (!program)
		return fail(fault, "the kernel refused the program that finds the cgroup: %s", strerror(errno));
	error = enter ? ask_kernel_in(program, enter, fault) : ask_kernel(program, fault);
	*own = program->bss->own;
	cgroup_bpf__destroy(program);
	if (error)
		return error;
	if (own->level >= CGROUP_LEVELS - 1 || !own->ids[own->level])
		return fail(fault, "the sensor's cgroup lies too deep (level %u)", own->level);
	return 0;
}

/* Whether a cgroup's name holds the pod's uid; the systemd driver writes it with _ for -. */
static bool names_pod(const char *name, const char *uid)
{
	const char *at = strstr(name, "pod");

	for (; at; at = strstr(at + 1, "pod")) {
		size_t i = 0;

		while (uid[i] && (at[3 + i] == uid[i] || (uid[i] == '-' && at[3 + i] == '_')))
			i++;
		if (i && !uid[i])
			return true;
	}
	return false;
}

/* The level of the pod's cgroup: by its name, else the parent of the container's. */
static int choose_pod(const struct own_cgroups *own, const char *pod_uid)
{
	for (int level = (int)own->level - 1; pod_uid && level > 0; level--)
		if (names_pod(own->names[level], pod_uid))
			return level;
	return (int)own->level - 1;
}

static int open_by_id(int mount_fd, __u64 id)
{
	struct {
		struct file_handle handle;
		__u64 id;
	} by_id = {.handle = {.handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS}};

	memcpy(by_id.handle.f_handle, &id, sizeof(id));
	return open_by_handle_at(mount_fd, &by_id.handle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The least of the limits from the given level down to the sensor's own cgroup. */
static __u64 read_memory_limit(int mount_fd, const struct own_cgroups *own, unsigned int from)
{
	__u64 least = 0;

	for (unsigned int level = from; level <= own->level; level++) {
		int group = open_by_id(mount_fd, own->ids[level]);
		int fd = group < 0 ? -1 : openat(group, "memory.max", O_RDONLY | O_CLOEXEC);
		char text[32] = "";
		__u64 limit = fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 ? strtoull(text, NULL, 10) : 0;

		if (limit && (!least || limit < least))
			least = limit;
		if (fd >= 0)
			close(fd);
		if (group >= 0)
			close(group);
	}
	return least;
}
