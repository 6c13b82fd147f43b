/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Files as the kernel's own checks see them, just before the change and after it was allowed: at no cost to system calls, by whatever way the
 * change was asked for, and with the kernel's own paths. A change that fails for another reason after its check is told all the same.
 */
#ifndef CHAPERONE_FILE_HOOK_H
#define CHAPERONE_FILE_HOOK_H

#include "file-open.h"

static __always_inline bool hooks_tell(enum scope scope)
{
	return is_told(scope) && (scope == PROOF || files_by_hook);
}

static __always_inline void on_file_open(struct file *file, int result)
{
	enum scope scope = scope_of_current();
	struct opened opened = {.hook = HOOK_TRAMPOLINE};

	if (result || !hooks_tell(scope))
		return;
	decide_open(&opened, file);
	if (opened.key.op)
		tell_file((void *)bpf_get_current_task(), file, &opened, scope);
}

/* A file by the mount that it is in; dentry is NULL for none. */
struct place {
	struct vfsmount *mount;
	struct dentry *dentry;
};

static __always_inline __u32 append_place(struct file_scratch *scratch, __u64 before, struct place place)
{
	struct task_struct *current = (void *)bpf_get_current_task();
	struct path path = {.mnt = place.mount, .dentry = place.dentry};

	return place.dentry ? append_file_path(scratch, before, &path, BPF_CORE_READ(current, fs)) : 0;
}

struct change {
	__u32 op, flags, mode;
	struct place at, at2;
};

static __always_inline void on_change(const struct change *change, int result)
{
	enum scope scope = scope_of_current();
	struct file_scratch *scratch;

	if (result || !hooks_tell(scope))
		return;
	scratch = take_file_scratch();
	if (!scratch) {
		lose(FRAME_FILE, scope);
		return;
	}
	begin_file(scratch, change->op, SOURCE_FILE);
	scratch->frame.event.hook = HOOK_TRAMPOLINE;
	scratch->frame.event.flags = change->flags;
	scratch->frame.event.mode = change->mode;
	scratch->frame.event.path_len = append_place(scratch, 0, change->at);
	scratch->frame.event.path2_len = append_place(scratch, PATH_BYTES, change->at2);
	finish_file(scratch, scope, NULL);
	give_back_file_scratch(scratch);
}

static __always_inline void on_path_change(__u32 op, const struct path *folder, struct dentry *dentry, int result)
{
	struct change change = {.op = op, .at = {BPF_CORE_READ(folder, mnt), dentry}};

	on_change(&change, result);
}

/* open(2) asks for a regular file it makes, too, and tells of it itself. */
static __always_inline void on_path_mknod(const struct path *folder, struct dentry *dentry, __u32 mode, int result)
{
	struct change change = {.op = FILE_CREATE, .mode = mode, .at = {BPF_CORE_READ(folder, mnt), dentry}};

	if ((mode & S_IFMT) != S_IFREG && (mode & S_IFMT))
		on_change(&change, result);
}

static __always_inline void on_path_link(struct dentry *old, const struct path *folder, struct dentry *dentry, int result)
{
	struct vfsmount *mount = BPF_CORE_READ(folder, mnt); /* a link never leaves it */
	struct change change = {.op = FILE_LINK, .at = {mount, dentry}, .at2 = {mount, old}};

	on_change(&change, result);
}

static __always_inline void on_path_rename(const struct path *folder, struct dentry *dentry, const struct path *folder2, struct dentry *dentry2,
					   __u32 flags, int result)
{
	struct change change = {
		.op = FILE_RENAME,
		.flags = flags,
		.at = {BPF_CORE_READ(folder, mnt), dentry},
		.at2 = {BPF_CORE_READ(folder2, mnt), dentry2},
	};

	on_change(&change, result);
}

static __always_inline void on_path_itself(__u32 op, const struct path *path, __u32 mode, int result)
{
	struct change change = {.op = op, .mode = mode, .at = {BPF_CORE_READ(path, mnt), BPF_CORE_READ(path, dentry)}};

	on_change(&change, result);
}

/*
 * At the end of one of the kernel's checks; `tell` may use its arguments and its result. Not by the BPF LSM, although it would spare other pods: a
 * machine has ten places for checks at cgroups (CGROUP_LSM_NUM in include/linux/bpf-cgroup-defs.h), and one for each check would take them all.
 */
#define FILE_HOOK(check, tell, ...)                           \
	SEC("fexit/security_" #check)                         \
	int BPF_PROG(sensor_##check, __VA_ARGS__, int result) \
	{                                                     \
		tell;                                         \
		return 0;                                     \
	}

#endif
