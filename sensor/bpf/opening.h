/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The first payload that is sent on a TCP connection, where it looks like one that names whom the client means to reach: a TLS ClientHello or an
 * HTTP CONNECT. It is looked at once for each socket.
 */
#ifndef CHAPERONE_OPENING_H
#define CHAPERONE_OPENING_H

#include "payload.h"

#define HEAD_BYTES 8

/* RFC 8446, 5.1 and 4: a handshake record of any version 3.x, and in it a ClientHello. */
static __always_inline bool is_client_hello(const __u8 *head)
{
	return head[0] == 22 && head[1] == 3 && head[5] == 1;
}

static __always_inline bool is_connect_request(const __u8 *head)
{
	return *(const __u64 *)head == *(const __u64 *)"CONNECT ";
}

static __always_inline void send_opening(struct __sk_buff *skb, const struct opening_event *told, const struct payload *payload, const __u32 room)
{
	struct opening_event *event = bpf_ringbuf_reserve(&ring, sizeof(*event) + room, 0);

	if (!event) {
		count_lost((struct event_header *)&told->header, FRAME_OPENING);
		return;
	}
	*event = *told;
	event->len = copy_payload(skb, payload, event + 1, room);
	event->header.len = sizeof(*event) + ((event->len + 7) & ~7u);
	send_reserved(event);
}

static __always_inline void tell_opening(struct __sk_buff *skb, const struct payload *payload, struct socket_owner *owner)
{
	struct opening_event event = {.sent = payload->len};
	__u64 head[HEAD_BYTES / 8] = {};

	if (owner->opened)
		return;
	owner->opened = 1;
	if (payload->len < HEAD_BYTES || bpf_skb_load_bytes(skb, payload->at, head, HEAD_BYTES))
		return;
	if (!is_client_hello((__u8 *)head) && !is_connect_request((__u8 *)head))
		return;
	event.socket = bpf_get_socket_cookie(skb);
	describe_owner(&event.header, FRAME_OPENING, sizeof(event), owner);
	number(&event.header, FRAME_OPENING, scope_of_socket(owner));
	/* Of a request only the first line is of use. */
	if (payload->len <= MIDDLE_ROOM || is_connect_request((__u8 *)head))
		send_opening(skb, &event, payload, MIDDLE_ROOM);
	else
		send_opening(skb, &event, payload, LARGE_ROOM);
}

#endif
