/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What kind of file an exec ran. */
#ifndef CHAPERONE_TRAITS_H
#define CHAPERONE_TRAITS_H

#include "events.h"
#include "kernel.h"

/* Only a file of no file system is its own folder, and of those the kernel itself gives this name to memfds alone. */
static __always_inline bool is_memfd(struct dentry *dentry)
{
	static const char prefix[] = "memfd:";
	char name[sizeof(prefix)] = {};

	if (BPF_CORE_READ(dentry, d_parent) != dentry)
		return false;
	bpf_probe_read_kernel(name, sizeof(prefix) - 1, BPF_CORE_READ(dentry, d_name.name));
	return !bpf_strncmp(name, sizeof(prefix) - 1, prefix);
}

static __always_inline __u32 traits_of_file(struct file *file)
{
	if (is_memfd(BPF_CORE_READ(file, f_path.dentry)))
		return TRAIT_MEMFD;
	return BPF_CORE_READ(file, f_inode, i_nlink) ? 0 : TRAIT_UNLINKED;
}

/* The number that a text is, or -1. */
static __always_inline int parse_number(const char *text)
{
	int number = -1;

	for (__u32 i = 0; i < 8; i++) {
		if (!text[i])
			return number;
		if (text[i] < '0' || text[i] > '9')
			return -1;
		number = (i ? number * 10 : 0) + text[i] - '0';
	}
	return -1;
}

/* The number at the end of /dev/fd/N or /proc/self/fd/N, or -1. */
static __always_inline int descriptor_of(const char *filename)
{
	static const char dev[] = "/dev/fd/", proc[] = "/proc/self/fd/";
	char text[sizeof(proc) + 8] = {};

	bpf_probe_read_kernel_str(text, sizeof(text), filename);
	if (!bpf_strncmp(text, sizeof(dev) - 1, dev))
		return parse_number(&text[sizeof(dev) - 1]);
	if (!bpf_strncmp(text, sizeof(proc) - 1, proc))
		return parse_number(&text[sizeof(proc) - 1]);
	return -1;
}

/*
 * The interpreter opens the script by its name. One that was executed by a descriptor therefore still has it (the kernel refuses a script
 * whose descriptor closes at the exec), and shows by it what it is. Any other has a name.
 * A global function, which the verifier looks at once by itself, and not once more for every way to come here.
 */
__noinline __u32 traits_of_script(__u64 filename)
{
	struct task_struct *current = (void *)bpf_get_current_task();
	int number = descriptor_of((const char *)filename);
	struct fdtable *table = BPF_CORE_READ(current, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd), *file = NULL;

	if (number >= 0 && (__u32)number < BPF_CORE_READ(table, max_fds))
		bpf_probe_read_kernel(&file, sizeof(file), files + number);
	return TRAIT_SCRIPT | (file ? traits_of_file(file) : 0);
}

/* The verifier must not carry the answer along: ask again. */
static __always_inline bool is_secure(struct linux_binprm *bprm)
{
	return BPF_CORE_READ_BITFIELD_PROBED(bprm, secureexec);
}

static __always_inline __u32 read_traits(struct linux_binprm *bprm, struct file *file)
{
	const char *filename = BPF_CORE_READ(bprm, filename);
	bool is_script = BPF_CORE_READ(bprm, interp) != filename;
	__u32 traits = is_script ? traits_of_script((__u64)filename) : traits_of_file(file);

	if (BPF_CORE_READ(bprm, fdpath))
		traits |= TRAIT_DESCRIPTOR;
	if (is_secure(bprm))
		traits |= TRAIT_SECURE;
	return traits;
}

#endif
