/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef CHAPERONE_CONNECT_H
#define CHAPERONE_CONNECT_H

#include <linux/in.h>
#include <bpf/bpf_endian.h>
#include "credentials.h"
#include "sockets.h"

/* The hooks observe: they let everything pass. */
#define ALLOW 1

struct destination {
	__u64 socket; /* cookie */
	__u64 image; /* of the sender: a socket may be handed on */
	__u8 addr[16];
	__u32 port;
	__u32 family;
};

/* Where datagrams were sent before. Inserted and read by the hooks of datagrams and packets; the least recently used make room. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct destination);
	__type(value, __u8);
} destinations SEC(".maps");

static __always_inline bool is_observed_protocol(__u32 protocol)
{
	return is_tcp(protocol) || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE;
}

/* A sender of datagrams would otherwise tell one event for each packet. */
static __always_inline bool is_repeated(const struct connect_event *event, __u64 image)
{
	struct destination key = {
		.socket = event->socket,
		.image = image,
		.port = event->port,
		.family = event->family,
	};
	__u8 present = 1;

	__builtin_memcpy(key.addr, event->addr, sizeof(key.addr));
	/* Looked up first: an update takes a place before it finds that there is one. */
	if (bpf_map_lookup_elem(&destinations, &key))
		return true;
	/* int: before kernel 6.4 the upper half of what a map's operation returns is not its sign. 17 is EEXIST. */
	return (int)bpf_map_update_elem(&destinations, &key, &present, BPF_NOEXIST) == -17;
}

/* A TCP socket may be connected again after a failure. */
static __always_inline void open_connection(const struct connect_event *event, enum scope scope)
{
	struct socket_owner owner = {.started = event->header.time, .flags = SOCKET_OPEN};

	give_socket(&owner, &event->header, scope);
	follow_connection(event->socket, &owner);
}

/* To a datagram socket, further destinations are more of the same. */
static __always_inline void open_datagrams(struct bpf_sock *sk, const struct connect_event *event, enum scope scope)
{
	struct socket_owner *owner = sk ? make_socket_owner(sk) : NULL;

	if (!owner)
		return;
	if (!(owner->flags & SOCKET_OPEN)) {
		owner->started = event->header.time;
		owner->flags = SOCKET_OPEN;
		owner->error = 0;
	}
	if (event->port == DNS_PORT)
		owner->asks = 1;
	give_socket(owner, &event->header, scope);
}

static __always_inline void tell_connect(struct bpf_sock_addr *ctx, struct connect_event *event, enum connect_hook hook)
{
	enum scope scope = scope_of_current();
	struct task *task;

	/* The socket is the observed cgroup's: a sender from outside of it was handed the socket, and is told of. */
	if (scope == OWN || !is_observed_protocol(ctx->protocol))
		return;
	event->socket = bpf_get_socket_cookie(ctx);
	event->protocol = ctx->protocol;
	event->port = bpf_ntohs(ctx->user_port);
	event->hook = hook;
	task = scope == OUTSIDE ? NULL : current_task();
	if (task)
		tell_own_credentials(task, CAUSE_CALL);
	if (hook == HOOK_SENDMSG && is_repeated(event, task ? task->image : 0))
		return;
	describe(&event->header, FRAME_CONNECT, sizeof(*event), task);
	if (is_tcp(event->protocol))
		open_connection(event, scope);
	else
		open_datagrams(ctx->sk, event, scope);
	number(&event->header, FRAME_CONNECT, scope);
	send(&event->header, FRAME_CONNECT, sizeof(*event));
}

static __always_inline int on_connect4(struct bpf_sock_addr *ctx, enum connect_hook hook)
{
	struct connect_event event = {.family = 4};
	__u32 addr = ctx->user_ip4;

	__builtin_memcpy(event.addr, &addr, sizeof(addr));
	tell_connect(ctx, &event, hook);
	return ALLOW;
}

static __always_inline int on_connect6(struct bpf_sock_addr *ctx, enum connect_hook hook)
{
	struct connect_event event = {.family = 6};
	__u32 addr[4] = {ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2], ctx->user_ip6[3]};

	__builtin_memcpy(event.addr, addr, sizeof(addr));
	tell_connect(ctx, &event, hook);
	return ALLOW;
}

#endif
