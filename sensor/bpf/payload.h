/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Where a packet's ports and payload are, and how its first bytes are told. A packet with IPv6 extension headers is not looked into. */
#ifndef CHAPERONE_PAYLOAD_H
#define CHAPERONE_PAYLOAD_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include "sockets.h"

struct payload {
	__u32 at;	/* of the payload, from the network header */
	__u32 len;	/* of the payload */
	__u16 source;	/* ports, host order */
	__u16 destination;
	__u8 protocol;
	__u32 sequence;	/* of TCP: of the payload's first byte */
};

/* Where the transport's header is, and which; 0 for what is not looked into. */
static __always_inline __u32 find_transport(struct __sk_buff *skb, void *data, void *end, __u8 *protocol)
{
	struct ipv6hdr *v6 = data;
	struct iphdr *v4 = data;

	if (skb->protocol == bpf_htons(ETH_P_IP) && (void *)(v4 + 1) <= end) {
		*protocol = v4->protocol;
		return v4->frag_off & bpf_htons(0x1fff) ? 0 : v4->ihl * 4;
	}
	if (skb->protocol == bpf_htons(ETH_P_IPV6) && (void *)(v6 + 1) <= end) {
		*protocol = v6->nexthdr;
		return sizeof(*v6);
	}
	return 0;
}

/* False unless it is TCP or UDP with a payload: a stream's acknowledgements end here. */
static __always_inline bool read_payload(struct __sk_buff *skb, struct payload *payload)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__u32 at = find_transport(skb, data, end, &payload->protocol);
	struct tcphdr *tcp = data + at;
	struct udphdr *udp = data + at;

	if (!at)
		return false;
	if (payload->protocol == IPPROTO_TCP && (void *)(tcp + 1) <= end) {
		at += tcp->doff * 4;
		payload->sequence = bpf_ntohl(tcp->seq) + tcp->syn;
	} else if (payload->protocol == IPPROTO_UDP && (void *)(udp + 1) <= end) {
		at += sizeof(*udp);
		payload->sequence = 0;
	} else {
		return false;
	}
	/* Both headers begin with the ports. */
	payload->source = bpf_ntohs(udp->source);
	payload->destination = bpf_ntohs(udp->dest);
	payload->at = at;
	payload->len = skb->len - at;
	return skb->len > at;
}

/* The peer's in the packet: where it goes, or where it came from. Network order; an IPv4 address takes the first four. */
static __always_inline void copy_address(struct __sk_buff *skb, bool is_sent, __u16 *family, __u8 *addr)
{
	*family = skb->protocol == bpf_htons(ETH_P_IP) ? 4 : 6;
	if (*family == 4)
		bpf_skb_load_bytes(skb, is_sent ? offsetof(struct iphdr, daddr) : offsetof(struct iphdr, saddr), addr, 4);
	else
		bpf_skb_load_bytes(skb, is_sent ? offsetof(struct ipv6hdr, daddr) : offsetof(struct ipv6hdr, saddr), addr, 16);
}

/* Room for the first bytes of a packet: little is reserved for the many that are small. Powers of two, for the verifier's sake. */
#define SMALL_ROOM 128
#define MIDDLE_ROOM 512
#define LARGE_ROOM 2048
#define HUGE_ROOM 4096

/*
 * Copies the payload's first bytes behind an event, with zeros up to a multiple of 8, and returns how many they are; 0 if they cannot be read.
 * room is a constant, a power of two, and what was reserved at to. The mask tells the verifier of kernel 6.1 what a comparison does not.
 */
static __always_inline __u32 copy_payload(struct __sk_buff *skb, const struct payload *payload, void *to, const __u32 room)
{
	__u32 len = payload->len < room ? payload->len : room;

	asm volatile("" : "+r"(len));
	len = ((len - 1) & (room - 1)) + 1;
	*(__u64 *)(to + ((len - 1) & (room - 8))) = 0;
	return bpf_skb_load_bytes(skb, payload->at, to, len) ? 0 : len;
}

static __always_inline void send_reserved(void *frame)
{
	bpf_ringbuf_submit(frame, BPF_RB_NO_WAKEUP);
	wake_probe();
}

#endif
