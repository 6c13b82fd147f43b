/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef CHAPERONE_SPEAKER_H
#define CHAPERONE_SPEAKER_H

#include "accept.h"

#define LOOPBACK 0x7f000001u

/* As the first packet is about to be sent: the port is chosen, and the connect hook has said whose the connection is. */
static __always_inline void tell_speaker(struct bpf_sock_ops *ctx)
{
	__u32 address = READ(ctx->local_ip4), receiver = bpf_ntohl(READ(ctx->remote_port));
	struct speaker_event event = {};
	struct socket_owner *owner;

	if ((receiver & ~(RECEIVER_PORTS - 1)) != RECEIVER_PORT || READ(ctx->remote_ip4) != bpf_htonl(LOOPBACK))
		return;
	event.socket = bpf_get_socket_cookie(ctx);
	owner = connection_owner(event.socket);
	if (!owner)
		return;
	__builtin_memcpy(event.addr, &address, sizeof(address));
	event.port = READ(ctx->local_port);
	event.receiver = receiver;
	describe_owner(&event.header, FRAME_SPEAKER, sizeof(event), owner);
	number(&event.header, FRAME_SPEAKER, scope_of_socket(owner));
	send(&event.header, FRAME_SPEAKER, sizeof(event));
}

#endif
