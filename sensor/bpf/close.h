/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef CHAPERONE_CLOSE_H
#define CHAPERONE_CLOSE_H

#include "accept.h"
#include "connect.h"
#include "speaker.h"

/* What the socket's owner says of it; the caller knows the bytes. */
static __always_inline void tell_close(struct close_event *event, struct socket_owner *owner)
{
	describe_owner(&event->header, FRAME_CLOSE, sizeof(*event), owner);
	event->started = owner->started;
	owner->flags &= ~SOCKET_OPEN;
	number(&event->header, FRAME_CLOSE, scope_of_socket(owner));
	send(&event->header, FRAME_CLOSE, sizeof(*event));
}

/* The kernel counts a FIN that it received as a byte. */
static __always_inline __u64 bytes_received(struct tcp_sock *tcp)
{
	__u64 received = tcp->bytes_received;
	bool finished = ((struct sock *)tcp)->__sk_common.skc_flags & (1 << SOCK_DONE);

	return received && finished ? received - 1 : received;
}

/* However it ended: the socket's error was set before its state. */
static __always_inline void on_connection_closed(struct bpf_sock_ops *ctx, struct bpf_sock *sk)
{
	struct close_event event = {.protocol = IPPROTO_TCP, .socket = bpf_get_socket_cookie(ctx)};
	struct socket_owner *owner = connection_owner(event.socket);
	struct tcp_sock *tcp = owner ? bpf_skc_to_tcp_sock(sk) : NULL;

	if (!tcp)
		return;
	event.sent = tcp->bytes_sent - tcp->bytes_retrans;
	event.received = bytes_received(tcp);
	event.error = ((struct sock *)tcp)->sk_err;
	event.state = ctx->args[0];
	tell_close(&event, owner);
	bpf_map_delete_elem(&connections, &event.socket);
}

/* It may have tried to connect before. */
static __always_inline void on_listener_closed(struct bpf_sock_ops *ctx, struct bpf_sock *sk)
{
	__u64 socket = bpf_get_socket_cookie(ctx);

	bpf_map_delete_elem(&connections, &socket);
	if (!bpf_sk_storage_delete(&sockets, sk))
		release_socket();
}

static __always_inline void on_tcp_closed(struct bpf_sock_ops *ctx, struct bpf_sock *sk)
{
	if (ctx->args[0] == BPF_TCP_LISTEN)
		on_listener_closed(ctx, sk);
	else
		on_connection_closed(ctx, sk);
}

static __always_inline void watch_state(struct bpf_sock_ops *ctx)
{
	bpf_sock_ops_cb_flags_set(ctx, ctx->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_STATE_CB_FLAG);
}

/*
 * The life of the cgroup's TCP sockets, and of no others: a tracepoint would cost every connection of the node. The socket is absent for as long as a
 * connection from outside is a request.
 */
static __always_inline int on_tcp(struct bpf_sock_ops *ctx)
{
	struct bpf_sock *sk;

	switch (ctx->op) {
	case BPF_SOCK_OPS_TCP_CONNECT_CB:
		watch_state(ctx);
		tell_speaker(ctx);
		break;
	case BPF_SOCK_OPS_TCP_LISTEN_CB:
		sk = ctx->sk;
		if (sk && on_listen(sk))
			watch_state(ctx);
		break;
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		sk = ctx->sk;
		if (sk && on_passive_established(ctx, sk))
			watch_state(ctx);
		break;
	case BPF_SOCK_OPS_STATE_CB:
		sk = ctx->sk;
		if (sk && ctx->args[1] == BPF_TCP_CLOSE)
			on_tcp_closed(ctx, sk);
	}
	return ALLOW;
}

/* A connection that never got to a first packet: its state did not change. */
static __always_inline void on_unused_released(struct bpf_sock *sk)
{
	struct close_event event = {.protocol = sk->protocol, .socket = bpf_get_socket_cookie(sk), .state = BPF_TCP_CLOSE};
	struct socket_owner *owner = connection_owner(event.socket);

	if (!owner)
		return;
	event.error = owner->error;
	tell_close(&event, owner);
	bpf_map_delete_elem(&connections, &event.socket);
}

static __always_inline void on_datagrams_released(struct bpf_sock *sk)
{
	struct socket_owner *owner = socket_owner(sk);
	struct close_event event = {.protocol = sk->protocol};

	if (!owner)
		return;
	release_socket();
	if (!(owner->flags & SOCKET_OPEN))
		return;
	event.socket = bpf_get_socket_cookie(sk);
	event.sent = owner->sent;
	event.received = owner->received;
	event.error = owner->error;
	tell_close(&event, owner);
}

/* The last user of the socket closed it. */
static __always_inline int on_release(struct bpf_sock *sk)
{
	if (!is_tcp(sk->protocol))
		on_datagrams_released(sk);
	else if (sk->state == BPF_TCP_CLOSE)
		on_unused_released(sk);
	return ALLOW;
}

/* Only datagram sockets: a TCP socket is asked when it closes. Comes before the job can read the error, which clears it. */
static __always_inline void on_socket_error(struct sock *sk)
{
	struct socket_owner *owner;

	if (is_tcp(sk->sk_protocol))
		return;
	owner = socket_owner(sk);
	if (owner)
		owner->error = sk->sk_err;
}

#endif
