/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Open files, known by the kernel's own object: what was really opened, whatever the path said. */
#ifndef CHAPERONE_FILE_OPEN_H
#define CHAPERONE_FILE_OPEN_H

#include "files.h"

/* include/linux/fs.h */
#define FMODE_WRITE 0x2
#define FMODE_PATH 0x4000
#define FMODE_CREATED 0x100000

#define O_TMPFILE_BIT 020000000 /* include/uapi/asm-generic/fcntl.h, __O_TMPFILE */

/* include/uapi/linux/magic.h */
#define PROC_SUPER_MAGIC 0x9fa0
#define SYSFS_MAGIC 0x62656572
#define CGROUP_SUPER_MAGIC 0x27e0eb
#define CGROUP2_SUPER_MAGIC 0x63677270

/* The kernel's own switches, which no disk holds. */
static __always_inline bool is_kernel_interface(__u64 magic)
{
	return magic == PROC_SUPER_MAGIC || magic == SYSFS_MAGIC || magic == CGROUP_SUPER_MAGIC || magic == CGROUP2_SUPER_MAGIC;
}

static __always_inline __u32 secret_bits(struct dentry *dentry)
{
	const unsigned char *text = BPF_CORE_READ(dentry, d_name.name);
	struct secret_name name;
	__u8 initial = 0;
	__u32 *bits;

	/* Most names end here. */
	if (bpf_probe_read_kernel(&initial, sizeof(initial), text) || !secret_initials[initial])
		return 0;
	__builtin_memset(&name, 0, sizeof(name));
	if (BPF_CORE_READ(dentry, d_name.len) >= SECRET_NAME_BYTES || bpf_probe_read_kernel_str(name.text, sizeof(name.text), text) < 2)
		return 0;
	bits = bpf_map_lookup_elem(&secret_names, &name);
	return bits ? *bits : 0;
}

/* Of the file's own name, and of its folder's. */
static __always_inline __u32 secret_bits_of_file(struct file *file)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);

	return (secret_bits(dentry) & ~SECRET_FOLDER) | (secret_bits(BPF_CORE_READ(dentry, d_parent)) & SECRET_FOLDER);
}

/* A cheap test that lets through more than what is secret: the last word is the decoder's, which has the whole path. */
static __always_inline bool may_be_secret(__u32 bits, __u64 magic)
{
	return bits & (magic == PROC_SUPER_MAGIC ? SECRET_OF_PROCESS : SECRET_FILE | SECRET_FOLDER);
}

struct opened {
	__u32 flags;
	__u32 mode;
	__u64 magic;
	__u32 hook;
	struct told_key key; /* op 0: nothing to tell */
};

static __always_inline void look_at(struct opened *opened, struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct super_block *fs = BPF_CORE_READ(inode, i_sb);

	opened->flags = BPF_CORE_READ(file, f_flags);
	opened->mode = BPF_CORE_READ(inode, i_mode);
	opened->magic = BPF_CORE_READ(fs, s_magic);
	opened->key.ino = BPF_CORE_READ(inode, i_ino);
	opened->key.dev = BPF_CORE_READ(fs, s_dev);
	opened->key.generation = BPF_CORE_READ(inode, i_generation);
}

/* What opening it did, if that is worth telling. Most files are opened for reading and end at their names, before anything else of them is read. */
static __always_inline void decide_open(struct opened *opened, struct file *file)
{
	__u32 f_mode = BPF_CORE_READ(file, f_mode), op = f_mode & FMODE_WRITE ? FILE_WRITE : FILE_READ, bits = 0;

	if (f_mode & FMODE_PATH)
		return;
	if (op == FILE_READ) {
		bits = secret_bits_of_file(file);
		if (!bits)
			return;
	}
	look_at(opened, file);
	if ((opened->mode & S_IFMT) != S_IFREG)
		return;
	if (op == FILE_WRITE && is_kernel_interface(opened->magic))
		bits = secret_bits_of_file(file);
	if ((op == FILE_READ || is_kernel_interface(opened->magic)) && !may_be_secret(bits, opened->magic))
		return;
	opened->key.op = (f_mode & FMODE_CREATED) || (opened->flags & O_TMPFILE_BIT) ? FILE_CREATE : op;
}

static __always_inline void tell_file(struct task_struct *current, struct file *file, struct opened *opened, enum scope scope)
{
	struct task *task = current_task();
	struct file_scratch *scratch;

	opened->key.image = task ? task->image : 0;
	if (!opened->key.image) /* began before the sensor */
		opened->key.image = bpf_get_current_pid_tgid() >> 32;
	/* The canary is to be told of at every hook. */
	if (scope != PROOF && is_told_again(&opened->key))
		return;
	scratch = take_file_scratch();
	if (!scratch) {
		lose(FRAME_FILE, scope);
		bpf_map_delete_elem(&told_files, &opened->key);
		return;
	}
	begin_file(scratch, opened->key.op, SOURCE_FILE);
	scratch->frame.event.hook = opened->hook;
	scratch->frame.event.flags = opened->flags;
	scratch->frame.event.mode = opened->mode;
	scratch->frame.event.ino = opened->key.ino;
	scratch->frame.event.dev = opened->key.dev;
	scratch->frame.event.path_len = append_file_path(scratch, 0, path_of(file), BPF_CORE_READ(current, fs));
	finish_file(scratch, scope, &opened->key);
	give_back_file_scratch(scratch);
}

#endif
