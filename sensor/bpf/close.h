/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef CHAPERONE_CLOSE_H
#define CHAPERONE_CLOSE_H

#include "accept.h"
#include "connect.h"

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
	__u64 received = BPF_CORE_READ(tcp, bytes_received);
	bool finished = BPF_CORE_READ((struct sock *)tcp, __sk_common.skc_flags) & (1 << SOCK_DONE);

	return received && finished ? received - 1 : received;
}

/* However it ended: the socket's error was set before its state. */
static __always_inline void on_tcp_closed(struct bpf_sock_ops *ctx, struct bpf_sock *sk)
{
	struct socket_owner *owner = socket_owner(sk);
	struct close_event event = {.protocol = IPPROTO_TCP};
	struct tcp_sock *tcp;

	if (!owner)
		return;
	tcp = bpf_skc_to_tcp_sock(sk);
	if (tcp && (owner->flags & SOCKET_OPEN)) {
		event.socket = bpf_get_socket_cookie(ctx);
		event.sent = BPF_CORE_READ(tcp, bytes_sent) - BPF_CORE_READ(tcp, bytes_retrans);
		event.received = bytes_received(tcp);
		event.error = BPF_CORE_READ((struct sock *)tcp, sk_err);
		event.state = ctx->args[0];
		tell_close(&event, owner);
	}
	if (!bpf_sk_storage_delete(&sockets, sk))
		release_socket();
}

/* The life of the cgroup's TCP sockets, and of no others: a tracepoint would cost every connection of the node. */
static __always_inline int on_tcp(struct bpf_sock_ops *ctx)
{
	struct bpf_sock *sk = ctx->sk;

	if (!sk) /* of a connection that is still a request */
		return ALLOW;
	switch (ctx->op) {
	case BPF_SOCK_OPS_TCP_CONNECT_CB:
		if (socket_owner(sk))
			bpf_sock_ops_cb_flags_set(ctx, ctx->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_STATE_CB_FLAG);
		break;
	case BPF_SOCK_OPS_TCP_LISTEN_CB:
		on_listen(ctx, sk);
		break;
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		on_passive_established(ctx, sk);
		break;
	case BPF_SOCK_OPS_STATE_CB:
		if (ctx->args[1] == BPF_TCP_CLOSE)
			on_tcp_closed(ctx, sk);
	}
	return ALLOW;
}

/* The last user of the socket closed it. Of TCP only what never got to a first packet: its state did not change. */
static __always_inline int on_release(struct bpf_sock *ctx)
{
	struct socket_owner *owner = bpf_sk_storage_get(&sockets, ctx, 0, 0);
	struct close_event event = {.protocol = ctx->protocol};

	if (!owner || (is_tcp(ctx->protocol) && ctx->state != BPF_TCP_CLOSE))
		return ALLOW;
	release_socket();
	if (!(owner->flags & SOCKET_OPEN))
		return ALLOW;
	event.socket = bpf_get_socket_cookie(ctx);
	event.sent = owner->sent;
	event.received = owner->received;
	event.error = owner->error;
	event.state = is_tcp(ctx->protocol) ? BPF_TCP_CLOSE : 0;
	tell_close(&event, owner);
	return ALLOW;
}

/* Only datagram sockets: a TCP socket is asked when it closes. Comes before the job can read the error, which clears it. */
static __always_inline void on_socket_error(struct sock *sk)
{
	struct socket_owner *owner = socket_owner(sk);

	if (owner)
		owner->error = sk->sk_err;
}

#endif
