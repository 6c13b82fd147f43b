/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The wire contract: what the kernel programs write into the ring buffer is, byte for byte, what the probe hands to its peer.
 * Little endian, every frame 8-aligned, a 64-byte header and then the body of its type. sensor/decode/layout.gen.ts is generated from these
 * structs as they stand in the BTF of the compiled object.
 */
#ifndef CHAPERONE_EVENTS_H
#define CHAPERONE_EVENTS_H

#include <linux/types.h>

/* Kernel events below 64, words of the probe from 64, commands to the probe from 128. Unknown types are skipped on both sides. */
enum frame_type {
	FRAME_FORK = 1,
	FRAME_EXEC = 2,
	FRAME_EXIT = 3,
	FRAME_CONNECT = 4,
	FRAME_CLOSE = 5,
	FRAME_ACCEPT = 6,
	FRAME_SOCKET = 7,
	FRAME_UNIX = 8,
	FRAME_DNS = 9,
	FRAME_OPENING = 10,
	FRAME_ARGV = 11,
	FRAME_CREDENTIALS = 12,
	FRAME_FILE = 13,
	FRAME_MEMORY = 14,
	FRAME_PRIVILEGE = 15,
	FRAME_SPEAKER = 16,
	FRAME_HELLO = 64,	/* first frame; JSON */
	FRAME_STATS = 65,	/* every 2 s, and before each FRAME_FLUSHED; JSON */
	FRAME_FLUSHED = 66,	/* everything that was in the ring at the time of the command lies before it; JSON {id} */
	FRAME_FLUSH = 128,	/* command; JSON {id} */
	FRAME_ACK = 129,	/* command: the peer has kept the stream up to here; JSON {position} */
	FRAME_AGENT = 130,	/* command: the process of the header's tgid and image is a coding agent; its later executions say so (FLAG_AGENT) */
};

/* Everything is counted by class, which is a kernel event's type - 1. There is room for more classes than there are. */
#define EVENT_CLASSES 16

enum frame_flag {
	FLAG_ARGV_TRUNCATED = 1 << 0,	/* argv holds less than argv_true_len bytes */
	FLAG_RUNNER = 1 << 1,		/* a runner: its name matched and it descends from no other runner */
	FLAG_RUNNER_CHILD = 1 << 2,	/* a direct child of a runner */
	FLAG_REPLACES = 1 << 3,		/* the process had executed before: this image replaces one of its own */
	FLAG_PATH_TRUNCATED = 1 << 4,	/* a path lacks its leading components, or a text of the process's its end */
	FLAG_ENV_TRUNCATED = 1 << 5,	/* the environment was not read to its end, or a value was cut */
	FLAG_AGENT = 1 << 6,		/* of a process that FRAME_AGENT was said of, or that descends from one since */
	FLAG_PROOF = 1 << 15,		/* of the probe's own canary; never leaves the probe */
};

/* What an exec's file was. From kernel objects, not from what the caller said. */
enum exec_trait {
	TRAIT_MEMFD = 1 << 0,		/* a file of memory only (memfd_create(2)): it never had a name in a file system */
	TRAIT_UNLINKED = 1 << 1,	/* no name leads to the file any more */
	TRAIT_SCRIPT = 1 << 2,		/* run by an interpreter: filename is the script, path the interpreter; MEMFD and UNLINKED are the script's */
	TRAIT_DESCRIPTOR = 1 << 3,	/* execveat(2), fexecve(3): filename is /dev/fd/N or, relative to a folder, /dev/fd/N/NAME */
	TRAIT_SECURE = 1 << 4,		/* gave more rights than the caller's: set-user-id, set-group-id or file capabilities */
};

/* Where a standard stream of a new image leads. */
enum stream_kind {
	STREAM_CLOSED = 0,
	STREAM_FILE = 1,
	STREAM_DEVICE = 2,	/* a terminal, /dev/null */
	STREAM_PIPE = 3,
	STREAM_UNIX = 4,	/* a socket of this machine: Node gives its children such */
	STREAM_NETWORK = 5,	/* a socket of IPv4 or IPv6 */
	STREAM_OTHER = 6,
};

/* How the first of a line of forks came to be observed. Inherited by fork. */
enum origin {
	ORIGIN_BEFORE = 1,	/* it was there before the sensor */
	ORIGIN_CONTAINER = 2,	/* the first process of a container that began since */
	ORIGIN_JOINED = 3,	/* it entered the observed cgroup from outside, as `kubectl exec` does */
};

/* How a process's credentials changed. */
enum credentials_cause {
	CAUSE_CALL = 1,		/* setuid(2), capset(2) and the like, at some time since its last event */
	CAUSE_EXEC = 2,		/* it executed a file that gives more rights (TRAIT_SECURE) */
};

/* How a connection was seen. */
enum connect_hook {
	HOOK_CONNECT = 1,	/* connect(2), TCP or UDP */
	HOOK_SENDMSG = 2,	/* a datagram with an address; one event for each socket, sender and destination */
	HOOK_PACKET = 3,	/* a packet of a raw or ping socket; one event for each socket and destination */
};

enum dns_direction {
	DNS_QUESTION = 1,	/* sent to the resolver */
	DNS_ANSWER = 2,		/* received from it */
};

/* How a process reached into another one's memory. */
enum memory_way {
	WAY_PTRACE = 1,		/* ptrace(2): attached or seized */
	WAY_VM_READ = 2,	/* process_vm_readv(2) */
	WAY_VM_WRITE = 3,	/* process_vm_writev(2) */
	WAY_PROC_MEM = 4,	/* opened /proc/PID/mem */
	WAY_DESCRIPTOR = 5,	/* pidfd_getfd(2): took an open file */
	WAY_OTHER = 6,		/* another call that the kernel lets through on the same terms */
};

/* The kinds of hook at which the same can be seen. */
enum tier_hook {
	HOOK_SIGNAL = 1,	/* a tracepoint: of ptrace(2) only */
	HOOK_TRAMPOLINE = 2,	/* the end of a kernel function */
	HOOK_LSM = 3,		/* the BPF LSM at the pod's cgroup */
	HOOK_CALL = 4,		/* the end of a system call, where files are watched; beside signals, and the target may not be known */
};

/* What a process did that leads to the kernel or out of its container. */
enum privilege_act {
	ACT_MODULE = 1,		/* loaded a kernel module */
	ACT_BPF_PROGRAM = 2,	/* asked bpf(2) to load a program */
	ACT_NAMESPACES = 3,	/* is in other namespaces than its parent: by setns(2), unshare(2) or clone(2) */
};

#define PRIVILEGE_NAME_BYTES 56

/* Where the sensor hears what coding agents tell of themselves: at one of these ports of 127.0.0.1, in a pod the first. Nothing is registered there. */
enum receiver {
	RECEIVER_PORT = 14320,
	RECEIVER_PORTS = 16,	/* a power of two, of which the first is a multiple */
};

/* Largest parts of an exec, in bytes. */
#define PATH_BYTES 2048
#define FILENAME_BYTES 2048
#define ARGV_BYTES 4096
#define ENV_BYTES 8192
/* Of a unix socket's path, with its final NUL (unix(7)). */
#define UNIX_PATH_BYTES 108

/* A longer argv follows its exec in chunks, from its start: 128 KiB of it. */
#define ARGV_CHUNK_BYTES 16384
#define ARGV_CHUNKS 8

/* What was done to a file. */
enum file_op {
	FILE_CREATE = 1,	/* opened and thereby made, or mknod(2) */
	FILE_WRITE = 2,		/* opened for writing */
	FILE_READ = 3,		/* opened for reading: only of names that may hold a secret */
	FILE_RENAME = 4,
	FILE_DELETE = 5,	/* unlink(2), rmdir(2) */
	FILE_MKDIR = 6,
	FILE_LINK = 7,
	FILE_SYMLINK = 8,
	FILE_TRUNCATE = 9,	/* truncate(2); a file opened with O_TRUNC is FILE_WRITE */
	FILE_CHMOD = 10,
	FILE_URING = 11,	/* io_uring_setup(2), or one of the requests through such a ring, which are not seen as system calls */
};

/* Where a file's path comes from. */
enum file_source {
	SOURCE_NONE = 0,	/* there is no path */
	SOURCE_FILE = 1,	/* the kernel's own file: what was really opened or changed */
	SOURCE_ARGUMENT = 2,	/* what the process asked for, read when the call returned: links in it are not followed, another thread may have changed it */
};

struct event_header {
	__u32 len;		/* of the whole frame, a multiple of 8 */
	__u16 type;
	__u16 flags;
	__u64 time;		/* CLOCK_BOOTTIME, ns */
	__u64 image;		/* of the process: time of its last exec ^ tgid << 40; 0 if it began before the sensor */
	__u64 root;		/* process id (as below) of the runner's direct child that it descends from; 0 if none */
	__u64 cgroup;
	__u32 tgid, tid;	/* in the initial pid namespace */
	__u32 ns_tgid;		/* in the process's own pid namespace */
	__u32 uid;
	__u32 seq;		/* per CPU, from 0; a lost event takes its number with it */
	__u32 cpu;
};

struct fork_event {
	struct event_header header;	/* of the parent */
	__u64 child_id;			/* time of the fork ^ child tgid << 40 */
	__u32 child_tgid;
	__u32 child_ns_tgid;
	__u64 child_root;		/* child_id itself for a runner's child, else the parent's root */
};

/* Followed by path, filename, cwd, argv, env, in this order, packed; the frame is padded with zeros to a multiple of 8. */
struct exec_event {
	struct event_header header;
	__u64 parent_image;	/* the image before this one: of the process that forked it, or the one replaced; 0 unknown */
	__u32 parent_tgid;
	__u32 argc;
	__u32 path_len;		/* the executable as the process's root sees it, without a final NUL */
	__u32 filename_len;	/* as given to execve, without a final NUL */
	__u32 cwd_len;
	__u32 argv_len;		/* NUL after each argument */
	__u32 env_len;		/* KEY=VALUE, NUL after each; allowed keys only, of a runner's direct child at its first exec, and with FLAG_AGENT */
	__u32 argv_true_len;
	__u32 traits;		/* enum exec_trait */
	__u32 origin;		/* enum origin */
	__u32 euid, suid;	/* effective and saved user; header.uid is the real one */
	__u32 stdin_kind, stdout_kind;	/* enum stream_kind */
	__u32 stdin_file, stdout_file;	/* number_of_file(); both ends of a pipe have the same */
};

/* Right after the exec of an argv of more than ARGV_BYTES, for as long as the ring is not half full. Followed by the chunk, padded as an exec. */
struct argv_event {
	struct event_header header;	/* image is the exec's */
	__u32 offset;			/* of the chunk in argv */
	__u32 chunk_len;
	__u32 argv_true_len;
	__u32 pad;
};

struct exit_event {
	struct event_header header;	/* image is the last one */
	__u64 start_time;		/* of the process, CLOCK_BOOTTIME, ns */
	__s32 code;			/* as exit(2) was given it, 0 … 255 */
	__u32 signal;			/* that ended it, or 0 */
	__u64 user_time;		/* of all its threads, ns, by the kernel's samples at each tick */
	__u64 system_time;
	__u64 run_time;			/* both together, exact but for what ran since the scheduler last looked (at most a tick) */
	__u64 peak_memory;		/* most bytes resident since its last exec; 0 if unknown, since what it had before that was more (kernels before 6.16) */
};

struct credentials {
	__u32 uid, euid, gid, egid;	/* in the initial user namespace */
	__u64 capabilities;		/* the effective set */
	__u32 namespace_level;		/* of the user namespace that the capabilities are of; 0 is the initial one */
	__u32 pad;
};

struct credentials_event {
	struct event_header header;
	struct credentials before, after;
	__u32 cause;			/* enum credentials_cause */
	__u32 pad;
};

struct connect_event {
	struct event_header header;
	__u64 socket;		/* its cookie: one for each socket, never used again */
	__u16 family;		/* 4 or 6 */
	__u16 protocol;		/* IPPROTO_… */
	__u16 port;		/* host order */
	__u16 hook;		/* enum connect_hook */
	__u8 addr[16];		/* network order; an IPv4 address takes the first four */
};

/*
 * What a connect, accept or socket event began is over: once for each attempt of a TCP socket, else when the socket is closed. The header is of
 * the process that connected, that listened, or that made the raw socket.
 */
struct close_event {
	struct event_header header;
	__u64 socket;
	__u64 started;		/* the header's time in the event that it ends; of datagrams the first one's */
	__u64 sent, received;	/* bytes of payload, without what was sent again; of raw sockets with all headers above IP's */
	__u16 protocol;
	__u16 error;		/* the errno that the kernel gave the socket for its end, or 0 */
	__u16 state;		/* BPF_TCP_… that it left; BPF_TCP_CLOSE if no first packet was sent; 0 if not of TCP */
	__u16 pad;
};

/*
 * A TCP connection to where the sensor hears agents is asked for: whose it is, by what the receiver's end sees of it. Follows the connect event,
 * which is told before the kernel has chosen a port.
 */
struct speaker_event {
	struct event_header header;
	__u64 socket;		/* as in connect_event */
	__u8 addr[4];		/* the speaker's, IPv4, network order */
	__u16 port;		/* host order */
	__u16 receiver;		/* the port that it asks for */
};

/* A TCP connection from outside was established. */
struct accept_event {
	struct event_header header;	/* of the process that listens */
	__u64 socket;
	__u16 family;		/* 4 or 6 */
	__u16 port;		/* host order, as the peer's */
	__u16 peer_port;
	__u16 pad;
	__u8 addr[16];		/* as in connect_event */
	__u8 peer_addr[16];
};

/* A raw or ping socket was made. */
struct socket_event {
	struct event_header header;
	__u64 socket;
	__u16 family;		/* 4 or 6 */
	__u16 type;		/* SOCK_… */
	__u16 protocol;		/* IPPROTO_… */
	__u16 pad;
};

/* A connection to the unix socket of a container engine was asked for. */
struct unix_event {
	struct event_header header;
	__u64 socket;
	__u8 path[UNIX_PATH_BYTES];	/* as given to connect(2), NUL after it */
	__u8 pad[4];
};

/*
 * A packet that a socket sent to a resolver or received from one: UDP or TCP with port 53. The header is of the socket's owner. Followed by the first
 * len bytes of its payload, padded with zeros to a multiple of 8; of TCP it is what one segment carried.
 */
struct dns_event {
	struct event_header header;
	__u64 socket;		/* as in connect_event */
	__u8 addr[16];		/* the resolver's, as in connect_event */
	__u16 family;		/* 4 or 6 */
	__u16 port;		/* host order */
	__u16 protocol;		/* IPPROTO_… */
	__u16 direction;	/* enum dns_direction */
	__u32 len;		/* at most 4,096 */
	__u32 sent;		/* how long the payload was */
	__u32 segment;		/* of several datagrams that pass as one packet (UDP_SEGMENT, UDP_GRO): the length of each but the last; else 0 */
	__u32 sequence;		/* of TCP: of the payload's first byte in the stream, modulo 2^32; else 0 */
};

/* The first payload that was sent on a TCP connection, if it looks like a TLS ClientHello or an HTTP CONNECT. Followed by its first bytes, as above. */
struct opening_event {
	struct event_header header;
	__u64 socket;
	__u32 len;		/* at most 2,048 */
	__u32 sent;
};

/*
 * Followed by dir, path, dir2, path2, in this order, packed; the frame is padded with zeros to a multiple of 8. dir is the folder that a relative
 * path of the process starts from. Numbered apart from all other events, since it comes through another ring.
 */
struct file_event {
	struct event_header header;
	__u64 ino;		/* 0 if not known */
	__u64 count;		/* 1; in a frame without a path: how often the process did this to files already told of */
	__u32 dev;		/* as in the kernel: major << 20 | minor */
	__u32 mode;		/* of the file, as in stat(2); of FILE_CHMOD the new one */
	__u32 flags;		/* of open(2) without O_CREAT and O_TRUNC, of renameat2(2); of FILE_URING the request (IORING_OP_…); else 0 */
	__u16 op;		/* enum file_op */
	__u16 source;		/* enum file_source */
	__u32 dir_len;		/* each without a final NUL */
	__u32 path_len;
	__u32 dir2_len;
	__u32 path2_len;	/* where it was renamed to; the file that was linked */
	__u32 hook;		/* enum tier_hook, or 0: the end of a system call */
	__u32 pad;
};

/* One for each accessor, target and way. */
struct memory_event {
	struct event_header header;	/* of the process that reached */
	__u64 target_image;		/* 0 if it began before the sensor, or is not observed */
	__u64 target_start;		/* CLOCK_BOOTTIME, ns; 0 if not known */
	__u32 target_tgid;		/* 0 if not known */
	__u32 target_ns_tgid;		/* in the target's own pid namespace */
	__u16 way;			/* enum memory_way */
	__u16 hook;			/* enum tier_hook */
	__u32 denied;			/* 1 if a security module of the kernel refused it */
	char target_name[16];		/* of its first thread (comm) */
};

struct privilege_event {
	struct event_header header;
	__u32 act;			/* enum privilege_act */
	__u32 detail;			/* the program's type (enum bpf_prog_type); the namespaces as bits of clone(2); else 0 */
	char name[PRIVILEGE_NAME_BYTES]; /* of the module or the program; may be empty */
};

#endif
