/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a new image reads from and writes to. */
#ifndef CHAPERONE_STREAMS_H
#define CHAPERONE_STREAMS_H

#include "events.h"
#include "kernel.h"

static __always_inline enum stream_kind socket_kind(struct file *file)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);

	switch (BPF_CORE_READ(socket, sk, __sk_common.skc_family)) {
	case AF_UNIX:
		return STREAM_UNIX;
	case AF_INET:
	case AF_INET6:
		return STREAM_NETWORK;
	default:
		return STREAM_OTHER;
	}
}

static __always_inline enum stream_kind kind_of_file(struct file *file, __u32 mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return STREAM_FILE;
	case S_IFCHR:
		return STREAM_DEVICE;
	case S_IFIFO:
		return STREAM_PIPE;
	case S_IFSOCK:
		return socket_kind(file);
	default:
		return STREAM_OTHER;
	}
}

/* What tells a file from others: of a device its number, since file systems of devices number their inodes alike (/dev/null and a terminal may both be 3). */
static __always_inline __u32 number_of_file(struct inode *inode, __u32 mode)
{
	return (mode & S_IFMT) == S_IFCHR ? BPF_CORE_READ(inode, i_rdev) : (__u32)BPF_CORE_READ(inode, i_ino);
}

/* The kind of the current process's descriptor, and in the upper half the number of its file. A global function, as traits_of_script(). */
__noinline __u64 stream_of(__u32 number)
{
	struct task_struct *current = (void *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(current, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd), *file = NULL;
	struct inode *inode;
	__u32 mode;

	if (number < BPF_CORE_READ(table, max_fds))
		bpf_probe_read_kernel(&file, sizeof(file), files + number);
	if (!file)
		return STREAM_CLOSED;
	inode = BPF_CORE_READ(file, f_inode);
	mode = BPF_CORE_READ(inode, i_mode);
	return kind_of_file(file, mode) | (__u64)number_of_file(inode, mode) << 32;
}

#endif
