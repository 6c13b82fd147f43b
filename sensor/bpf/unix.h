/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Connections to container engines on this machine, through which a job could start what is not in its own cgroup. */
#ifndef CHAPERONE_UNIX_H
#define CHAPERONE_UNIX_H

#include "connect.h"

/* Since kernel 6.2, which is before the hook (6.7). */
extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym __weak;

/* Whether `length` bytes at `path` end in `name`. */
#define ENDS_IN(path, length, name)                                                                  \
	({                                                                                           \
		char end_[sizeof(name) - 1] = {};                                                    \
		(length) >= sizeof(end_) &&                                                          \
			!bpf_probe_read_kernel(end_, sizeof(end_), (path) + (length) - sizeof(end_)) && \
			!__builtin_memcmp(end_, name, sizeof(end_));                                 \
	})

/* The names that docker, containerd, podman, buildkit and CRI-O give their sockets, whatever the folder. */
static __always_inline bool is_engine_socket(const char *path, __u32 length)
{
	return ENDS_IN(path, length, "docker.sock") || ENDS_IN(path, length, "containerd.sock") || ENDS_IN(path, length, "podman.sock") ||
	       ENDS_IN(path, length, "buildkitd.sock") || ENDS_IN(path, length, "crio.sock");
}

static __always_inline int on_connect_unix(struct bpf_sock_addr *ctx)
{
	struct bpf_sock_addr_kern *kernel = bpf_cast_to_kern_ctx(ctx);
	/* struct sockaddr_un: the path lies behind the family. */
	const char *path = (const char *)BPF_CORE_READ(kernel, uaddr) + sizeof(__u16);
	enum scope scope = scope_of_current();
	struct unix_event event = {};
	long size;

	if (!is_told(scope))
		return ALLOW;
	/* An abstract name begins with NUL and so has no length here. */
	size = bpf_probe_read_kernel_str(event.path, sizeof(event.path), path);
	if (size <= 1 || !is_engine_socket(path, size - 1))
		return ALLOW;
	event.socket = bpf_get_socket_cookie(ctx);
	describe(&event.header, FRAME_UNIX, sizeof(event), current_task());
	number(&event.header, FRAME_UNIX, scope);
	send(&event.header, FRAME_UNIX, sizeof(event));
	return ALLOW;
}

#endif
