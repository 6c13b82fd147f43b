/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef CHAPERONE_ACCEPT_H
#define CHAPERONE_ACCEPT_H

#include <bpf/bpf_endian.h>
#include "sockets.h"

/* In the context of the process that calls listen(2): it owns what its socket accepts. True if its end is of interest. */
static __always_inline bool on_listen(struct bpf_sock *sk)
{
	struct task_struct *current = (void *)bpf_get_current_task();
	struct cgroup *group = BPF_CORE_READ(current, cgroups, dfl_cgrp);
	enum scope scope = scope_of_group(group);
	struct socket_owner *owner;
	struct task *task;

	if (!is_told(scope))
		return false;
	owner = make_socket_owner(sk);
	task = entry_of(current, BPF_CORE_READ(current, tgid));
	if (!owner || !task)
		return false;
	owner->image = task->image;
	owner->root = task->root;
	owner->cgroup = BPF_CORE_READ(group, kn, id);
	owner->tgid = BPF_CORE_READ(current, tgid);
	owner->ns_tgid = task->ns_tgid;
	owner->uid = BPF_CORE_READ(current, cred, uid.val);
	owner->flags = SOCKET_LISTENS | (scope == PROOF ? SOCKET_PROOF : 0);
	return true;
}

/* The verifier takes a read of the context at a constant offset only, and the compiler would join those of the two families. */
#define READ(field) (*(volatile __u32 *)&(field))

static __always_inline void take_addresses(struct bpf_sock_ops *ctx, struct accept_event *event)
{
	__u32 *local = (__u32 *)event->addr, *peer = (__u32 *)event->peer_addr;

	event->port = READ(ctx->local_port);
	event->peer_port = bpf_ntohl(READ(ctx->remote_port));
	if (READ(ctx->family) == AF_INET) {
		event->family = 4;
		local[0] = READ(ctx->local_ip4);
		peer[0] = READ(ctx->remote_ip4);
		return;
	}
	event->family = 6;
#pragma unroll
	for (int i = 0; i < 4; i++) {
		local[i] = READ(ctx->local_ip6[i]);
		peer[i] = READ(ctx->remote_ip6[i]);
	}
}

/* The handshake from outside is complete, whether or not accept(2) was or will be called. The storage is a copy of the listening socket's. */
static __always_inline bool on_passive_established(struct bpf_sock_ops *ctx, struct bpf_sock *sk)
{
	struct accept_event event = {};
	struct socket_owner *listener = socket_owner(sk), owner;

	if (!listener || !(listener->flags & SOCKET_LISTENS))
		return false;
	owner = *listener;
	bpf_sk_storage_delete(&sockets, sk);
	describe_owner(&event.header, FRAME_ACCEPT, sizeof(event), &owner);
	owner.flags = SOCKET_OPEN | (owner.flags & SOCKET_PROOF);
	owner.started = event.header.time;
	event.socket = bpf_get_socket_cookie(ctx);
	if (!follow_connection(event.socket, &owner))
		return false;
	take_addresses(ctx, &event);
	number(&event.header, FRAME_ACCEPT, scope_of_socket(&owner));
	send(&event.header, FRAME_ACCEPT, sizeof(event));
	return true;
}

#endif
