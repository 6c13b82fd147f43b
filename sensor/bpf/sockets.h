/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Whose a socket is, for the hooks that do not run in its owner's context (packets, changes of TCP state), and what is known of it so far.
 * A socket is owned by the process that last connected or sent with it, else by the one that listens or made it.
 */
#ifndef CHAPERONE_SOCKETS_H
#define CHAPERONE_SOCKETS_H

#include <linux/in.h>
#include "tasks.h"

enum socket_flag {
	SOCKET_OPEN = 1 << 0,	/* told of, and its end is not */
	SOCKET_LISTENS = 1 << 1,
	SOCKET_RAW = 1 << 2,	/* raw or ping */
	SOCKET_PROOF = 1 << 15,	/* of the probe's canary */
};

struct socket_owner {
	__u64 image, root;	/* as in event_header */
	__u64 cgroup;
	__u64 started;		/* CLOCK_BOOTTIME, ns: of the connection, of the first datagram, of a raw socket itself */
	__u64 sent, received;	/* payload, bytes; not of TCP, which the kernel counts itself */
	__u32 tgid, ns_tgid;
	__u32 uid;
	__u32 flags;		/* enum socket_flag */
	__u32 error;		/* the last errno that the kernel gave the socket; not of TCP */
	__u8 asks;		/* it was used with port 53 */
	__u8 opened;		/* TCP: its first payload was looked at */
	__u8 pad[2];
};

/*
 * Of all sockets but TCP connections. Inserted by the hooks that run in the owner's context, read by all that see sockets, freed with the socket.
 * A connection that is accepted gets a copy of the listening socket's, until it is established.
 */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct socket_owner);
} sockets SEC(".maps");

/* Of the domain name system (RFC 1035, 4.2). */
#define DNS_PORT 53

/* What is kept is charged to the sensor, so it must not grow with what a job opens. Of connections, and of all other sockets. */
#define MOST_SOCKETS 32768

/*
 * Of TCP connections, by the socket's cookie. Inserted when one is asked for or was accepted, read by the hooks of packets and states, deleted at
 * its end. Not kept with the socket, since connections may be short: memory made for each and freed by RCU costs more than a place here.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MOST_SOCKETS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct socket_owner);
} connections SEC(".maps");

__u32 socket_count = 0;

static __always_inline bool is_tcp(__u32 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP;
}

/* Of a full socket in the type that the hook has. NULL if nothing was told of the socket. */
static __always_inline struct socket_owner *socket_owner(void *sk)
{
	return bpf_sk_storage_get(&sockets, sk, 0, 0);
}

static __always_inline struct socket_owner *connection_owner(__u64 socket)
{
	return bpf_map_lookup_elem(&connections, &socket);
}

static __always_inline void count_unfollowed(void)
{
	struct event_counters *own = own_counters();

	if (own)
		__sync_fetch_and_add(&own->sockets_full, 1);
}

/* False, and counted, if too many are followed. */
static __always_inline bool follow_connection(__u64 socket, const struct socket_owner *owner)
{
	if (!bpf_map_update_elem(&connections, &socket, owner, BPF_ANY))
		return true;
	count_unfollowed();
	return false;
}

static __always_inline void release_socket(void)
{
	__sync_fetch_and_add(&socket_count, -1);
}

/* False, and counted, if too many are followed. */
static __always_inline bool admit_socket(void)
{
	if (__sync_fetch_and_add(&socket_count, 1) < MOST_SOCKETS)
		return true;
	release_socket();
	count_unfollowed();
	return false;
}

/* As socket_owner, but made if there is none. NULL if there is no room. */
static __always_inline struct socket_owner *make_socket_owner(void *sk)
{
	struct socket_owner *owner = socket_owner(sk);

	if (owner || !admit_socket())
		return owner;
	owner = bpf_sk_storage_get(&sockets, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!owner)
		release_socket();
	return owner;
}

static __always_inline enum scope scope_of_socket(const struct socket_owner *owner)
{
	return owner->flags & SOCKET_PROOF ? PROOF : OBSERVED;
}

/* Makes the process that a header describes the owner. */
static __always_inline void give_socket(struct socket_owner *owner, const struct event_header *header, enum scope scope)
{
	owner->image = header->image;
	owner->root = header->root;
	owner->cgroup = header->cgroup;
	owner->tgid = header->tgid;
	owner->ns_tgid = header->ns_tgid;
	owner->uid = header->uid;
	if (scope == PROOF)
		owner->flags |= SOCKET_PROOF;
}

/* As describe, of the socket's owner; a thread is not known. */
static __always_inline void describe_owner(struct event_header *header, enum frame_type type, __u32 len, const struct socket_owner *owner)
{
	begin_header(header, type, len);
	header->image = owner->image;
	header->root = owner->root;
	header->cgroup = owner->cgroup;
	header->tgid = owner->tgid;
	header->tid = owner->tgid;
	header->ns_tgid = owner->ns_tgid;
	header->uid = owner->uid;
}

#endif
