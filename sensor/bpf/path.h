/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The absolute path of a dentry, seen from the process's root, across mounts. bpf_d_path is not allowed in these programs. */
#ifndef CHAPERONE_PATH_H
#define CHAPERONE_PATH_H

#include "events.h"
#include "kernel.h"

/* The longest name of a file. */
#define NAME_BYTES 255
/* No path of PATH_BYTES has more components; crossed mounts count too. */
#define MAX_COMPONENTS 1024

/* Written from its end to its start; a name may run over the end as far as the verifier can tell. */
struct path_buffer {
	__u32 start;
	__u32 complete;
	char bytes[PATH_BYTES + NAME_BYTES + 1];
};

struct walk {
	struct dentry *dentry, *root_dentry;
	struct mount *mount, *root_mount;
	struct path_buffer *buffer; /* holds the moving offset: one on the stack would keep the verifier from seeing the loop converge */
};

static __always_inline struct mount *mount_of(struct vfsmount *mnt)
{
	return (void *)mnt - bpf_core_field_offset(struct mount, mnt);
}

/* Puts "/name" before what is there; false if it does not fit. */
static __always_inline bool prepend(struct path_buffer *buffer, struct dentry *dentry)
{
	const unsigned char *name = BPF_CORE_READ(dentry, d_name.name);
	__u32 len = BPF_CORE_READ(dentry, d_name.len), start = buffer->start;

	if (len > NAME_BYTES || start > PATH_BYTES || start < len + 1)
		return false;
	start -= len + 1;
	buffer->start = start;
	barrier_var(start);
	start &= PATH_BYTES - 1;
	barrier_var(len);
	len &= NAME_BYTES;
	buffer->bytes[start] = '/';
	bpf_probe_read_kernel(&buffer->bytes[start + 1], len, name);
	return true;
}

/* A file of no mounted file system, such as a memfd, has a name but no path. */
static __always_inline void name_unmounted(struct walk *walk)
{
	struct dentry *dentry = walk->dentry; /* a field of our own struct in BPF_CORE_READ would be taken for the kernel's */
	__u32 len = BPF_CORE_READ(dentry, d_name.len);

	if (walk->buffer->start == PATH_BYTES && len > 1)
		prepend(walk->buffer, dentry);
	walk->buffer->complete = 1;
}

static long walk_up(__u32 i, void *context)
{
	struct walk *walk = context;
	struct dentry *dentry = walk->dentry, *parent;
	struct mount *mount = walk->mount, *above;

	if (dentry == walk->root_dentry && mount == walk->root_mount) {
		walk->buffer->complete = 1;
		return 1;
	}
	parent = BPF_CORE_READ(dentry, d_parent);
	if (dentry == parent || dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
		above = BPF_CORE_READ(mount, mnt_parent);
		if (!above || above == mount) {
			name_unmounted(walk);
			return 1;
		}
		walk->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		walk->mount = above;
		return 0;
	}
	if (!prepend(walk->buffer, dentry))
		return 1;
	walk->dentry = parent;
	return 0;
}

/* Leaves the path in buffer->bytes[buffer->start … PATH_BYTES). What is too long loses its leading components, and is not complete. */
static __always_inline void read_path(struct path_buffer *buffer, struct path *path, struct fs_struct *fs)
{
	struct walk walk = {.buffer = buffer};

	buffer->start = PATH_BYTES;
	buffer->complete = 0;
	walk.dentry = BPF_CORE_READ(path, dentry);
	walk.mount = mount_of(BPF_CORE_READ(path, mnt));
	walk.root_dentry = BPF_CORE_READ(fs, root.dentry);
	walk.root_mount = mount_of(BPF_CORE_READ(fs, root.mnt));
	bpf_loop(MAX_COMPONENTS, walk_up, &walk, 0);
	if (buffer->complete && buffer->start == PATH_BYTES) {
		buffer->start = PATH_BYTES - 1;
		buffer->bytes[PATH_BYTES - 1] = '/';
	}
}

#endif
