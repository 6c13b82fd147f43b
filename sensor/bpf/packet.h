/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What of a socket's traffic only its packets tell: the bytes of datagrams, and where raw sockets send to. */
#ifndef CHAPERONE_PACKET_H
#define CHAPERONE_PACKET_H

#include <linux/if_ether.h>
#include <linux/in6.h>
#include "connect.h"

#define IPV4_HEADER_BYTES 20
#define IPV6_HEADER_BYTES 40
#define UDP_HEADER_BYTES 8

static __always_inline bool is_raw(__u32 type, __u32 protocol)
{
	return type == SOCK_RAW || (type == SOCK_DGRAM && (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6));
}

/*
 * In the context of the process. Of datagram sockets what they receive is counted from now on, whether or not they will send. The canary's event
 * may be of any of these: it proves the hook without the right to make raw sockets. Packet sockets (AF_PACKET) are of no family that this hook is
 * run for.
 */
static __always_inline int on_socket(struct bpf_sock *ctx)
{
	bool raw = is_raw(ctx->type, ctx->protocol);
	struct socket_event event = {};
	struct socket_owner *owner;
	enum scope scope;

	if (ctx->type != SOCK_DGRAM && !raw)
		return ALLOW;
	scope = scope_of_current();
	if (!is_told(scope))
		return ALLOW;
	describe(&event.header, FRAME_SOCKET, sizeof(event), current_task());
	event.socket = bpf_get_socket_cookie(ctx);
	event.family = ctx->family == AF_INET ? 4 : 6;
	event.type = ctx->type;
	event.protocol = ctx->protocol;
	owner = make_socket_owner(ctx);
	if (owner) {
		owner->flags = raw ? SOCKET_OPEN | SOCKET_RAW : 0;
		owner->started = event.header.time;
		give_socket(owner, &event.header, scope);
	}
	if (!raw && scope != PROOF)
		return ALLOW;
	number(&event.header, FRAME_SOCKET, scope);
	send(&event.header, FRAME_SOCKET, sizeof(event));
	return ALLOW;
}

/* Bytes of IP header at the front of a packet; of IPv6 without extensions, which count as payload. */
static __always_inline __u32 ip_header_bytes(struct __sk_buff *skb)
{
	__u8 first = 0;

	if (skb->protocol != bpf_htons(ETH_P_IP))
		return IPV6_HEADER_BYTES;
	bpf_skb_load_bytes(skb, 0, &first, 1);
	return (first & 0xf) * 4;
}

static __always_inline void count_bytes(struct __sk_buff *skb, struct socket_owner *owner, __u64 *bytes)
{
	__u32 headers = ip_header_bytes(skb) + (owner->flags & SOCKET_RAW ? 0 : UDP_HEADER_BYTES);

	if (skb->len > headers)
		__sync_fetch_and_add(bytes, skb->len - headers);
}

/* No other hook is asked where a raw socket sends to. */
static __always_inline void tell_packet(struct __sk_buff *skb, struct socket_owner *owner, __u32 protocol)
{
	struct connect_event event = {.protocol = protocol, .hook = HOOK_PACKET};
	bool is_ipv4 = skb->protocol == bpf_htons(ETH_P_IP);

	event.socket = bpf_get_socket_cookie(skb);
	event.family = is_ipv4 ? 4 : 6;
	/* The destination stands last in both headers (RFC 791, RFC 8200). */
	if (is_ipv4 ? bpf_skb_load_bytes(skb, 16, event.addr, 4) : bpf_skb_load_bytes(skb, 24, event.addr, 16))
		return;
	if (is_repeated(&event, owner->image))
		return;
	describe_owner(&event.header, FRAME_CONNECT, sizeof(event), owner);
	number(&event.header, FRAME_CONNECT, scope_of_socket(owner));
	send(&event.header, FRAME_CONNECT, sizeof(event));
}

static __always_inline int on_packet(struct __sk_buff *skb, bool leaves)
{
	struct bpf_sock *sk = skb->sk;
	struct socket_owner *owner;

	if (!sk)
		return ALLOW;
	sk = bpf_sk_fullsock(sk);
	if (!sk || is_tcp(sk->protocol))
		return ALLOW;
	owner = socket_owner(sk);
	if (!owner)
		return ALLOW;
	count_bytes(skb, owner, leaves ? &owner->sent : &owner->received);
	if (leaves && (owner->flags & SOCKET_RAW))
		tell_packet(skb, owner, sk->protocol);
	return ALLOW;
}

#endif
