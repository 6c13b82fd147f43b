/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What of packets tells names. It runs for every packet of the pod, so what is cheap to rule out is ruled out first. */
#ifndef CHAPERONE_NAMES_H
#define CHAPERONE_NAMES_H

#include "dns.h"
#include "opening.h"

static __always_inline void tell_names(struct __sk_buff *skb, bool leaves)
{
	struct bpf_sock *sk = skb->sk;
	struct socket_owner *owner;
	struct payload payload;
	bool is_stream;

	if (!sk || !read_payload(skb, &payload))
		return;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return;
	is_stream = payload.protocol == IPPROTO_TCP;
	if (!(is_stream && leaves) && !may_be_dns(&payload, leaves, sk))
		return;
	owner = socket_owner(sk);
	if (!owner)
		return;
	if (is_stream && leaves)
		tell_opening(skb, &payload, owner);
	if (is_dns(&payload, leaves, sk, owner))
		tell_dns(skb, sk, &payload, owner, leaves ? DNS_QUESTION : DNS_ANSWER);
}

#endif
