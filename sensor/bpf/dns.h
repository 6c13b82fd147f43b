/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Questions and answers of the domain name system, as they are sent and received. They are told raw: which question an answer belongs to and what
 * it says is found by whoever reads the frames, in the order in which they were written. An answer is written before its socket has it, so before
 * anybody can connect to what it says.
 */
#ifndef CHAPERONE_DNS_H
#define CHAPERONE_DNS_H

#include "payload.h"

static __always_inline bool has_dns_port(const struct payload *payload, bool leaves, struct bpf_sock *sk)
{
	return (leaves ? payload->destination : payload->source) == DNS_PORT || sk->dst_port == bpf_htons(DNS_PORT);
}

/* A datagram from a socket without a peer can bear another port than it was sent to: it is translated before it comes here (NAT). */
static __always_inline bool may_be_dns(const struct payload *payload, bool leaves, struct bpf_sock *sk)
{
	return has_dns_port(payload, leaves, sk) || proving || (leaves && payload->protocol == IPPROTO_UDP && !sk->dst_port);
}

/* The canary's datagrams count as DNS whatever their port: nobody else's listener is to get them. */
static __always_inline bool is_dns(const struct payload *payload, bool leaves, struct bpf_sock *sk, const struct socket_owner *owner)
{
	return has_dns_port(payload, leaves, sk) ||
	       (payload->protocol == IPPROTO_UDP && ((leaves && owner->asks) || (owner->flags & SOCKET_PROOF)));
}

/* The socket's own peer where it has one, since the packet may bear a translated address; else the packet's. */
static __always_inline void set_remote(struct dns_event *event, struct __sk_buff *skb, struct bpf_sock *sk, const struct payload *payload)
{
	bool is_question = event->direction == DNS_QUESTION;

	if (sk->dst_port && sk->family == AF_INET) {
		event->family = 4;
		event->port = bpf_ntohs(sk->dst_port);
		*(__u32 *)event->addr = sk->dst_ip4;
	} else if (sk->dst_port) {
		__u32 *addr = (__u32 *)event->addr;

		event->family = 6;
		event->port = bpf_ntohs(sk->dst_port);
		addr[0] = sk->dst_ip6[0];
		addr[1] = sk->dst_ip6[1];
		addr[2] = sk->dst_ip6[2];
		addr[3] = sk->dst_ip6[3];
	} else {
		event->port = is_question ? payload->destination : payload->source;
		copy_address(skb, is_question, &event->family, event->addr);
	}
}

static __always_inline void send_dns(struct __sk_buff *skb, const struct dns_event *told, const struct payload *payload, const __u32 room)
{
	struct dns_event *event = bpf_ringbuf_reserve(&ring, sizeof(*event) + room, 0);

	if (!event) {
		count_lost((struct event_header *)&told->header, FRAME_DNS);
		return;
	}
	*event = *told;
	event->len = copy_payload(skb, payload, event + 1, room);
	event->header.len = sizeof(*event) + ((event->len + 7) & ~7u);
	send_reserved(event);
}

static __always_inline void tell_dns(struct __sk_buff *skb, struct bpf_sock *sk, struct payload *payload, struct socket_owner *owner,
				     enum dns_direction direction)
{
	struct dns_event event = {.direction = direction, .protocol = payload->protocol, .sent = payload->len, .sequence = payload->sequence};

	if (payload->protocol == IPPROTO_UDP && skb->gso_size < payload->len)
		event.segment = skb->gso_size;
	event.socket = bpf_get_socket_cookie(skb);
	set_remote(&event, skb, sk, payload);
	describe_owner(&event.header, FRAME_DNS, sizeof(event), owner);
	number(&event.header, FRAME_DNS, scope_of_socket(owner));
	if (payload->len <= SMALL_ROOM)
		send_dns(skb, &event, payload, SMALL_ROOM);
	else if (payload->len <= MIDDLE_ROOM)
		send_dns(skb, &event, payload, MIDDLE_ROOM);
	else
		send_dns(skb, &event, payload, HUGE_ROOM);
}

#endif
