/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What of packets tells names. It runs for every packet of the pod, so what is cheap to rule out is ruled out first. */
#ifndef CHAPERONE_NAMES_H
#define CHAPERONE_NAMES_H

#include "dns.h"
#include "opening.h"

/* A connection of which nothing was acknowledged yet but its first packet, which counts as a byte: what follows bears no opening. */
static __always_inline bool is_at_start(struct bpf_sock *sk)
{
	struct bpf_tcp_sock *tcp = bpf_tcp_sock(sk);

	return !tcp || tcp->bytes_acked <= 1;
}

static __always_inline void tell_names(struct __sk_buff *skb, bool leaves)
{
	struct bpf_sock *sk = skb->sk;
	struct socket_owner *owner;
	struct payload payload;
	bool may_open;

	if (!sk || !read_payload(skb, &payload))
		return;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return;
	may_open = leaves && payload.protocol == IPPROTO_TCP && is_at_start(sk);
	if (!may_open && !may_be_dns(&payload, leaves, sk))
		return;
	owner = is_tcp(sk->protocol) ? connection_owner(bpf_get_socket_cookie(skb)) : socket_owner(sk);
	if (!owner)
		return;
	if (may_open)
		tell_opening(skb, &payload, owner);
	if (is_dns(&payload, leaves, sk, owner))
		tell_dns(skb, sk, &payload, owner, leaves ? DNS_QUESTION : DNS_ANSWER);
}

#endif
