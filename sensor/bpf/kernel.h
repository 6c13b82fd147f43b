/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The few kernel structs that the programs read, with only the fields they read; libbpf moves each access to where the field lies in the
 * running kernel (CO-RE), so a build depends on no kernel's vmlinux.h.
 */
#ifndef CHAPERONE_KERNEL_H
#define CHAPERONE_KERNEL_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

struct qstr {
	__u32 len;
	const unsigned char *name;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct super_block {
	__u32 s_dev;
	unsigned long s_magic;
};

struct inode {
	__u16 i_mode;
	__u32 i_rdev;
	struct super_block *i_sb;
	unsigned long i_ino;
	__u32 i_generation;
	unsigned int i_nlink;
};

struct file {
	unsigned int f_mode;
	unsigned int f_flags;
	struct inode *f_inode;
	void *private_data;
	struct path f_path;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct fs_struct {
	struct path root;
	struct path pwd;
};

struct percpu_counter {
	__s64 count;
};

struct mm_struct {
	unsigned long arg_start, arg_end, env_start, env_end;
	struct file *exe_file;
	unsigned long hiwater_rss; /* pages */
	struct percpu_counter rss_stat[4]; /* since kernel 6.2 */
};

struct upid {
	int nr;
	void *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct kernfs_node {
	const char *name;
	__u64 id;
};

struct cgroup_subsys_state {
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct cgroup_subsys_state self;
	int level;
	struct kernfs_node *kn;
	struct cgroup *ancestors[1];
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

/* Of the threads that are gone. */
struct signal_struct {
	atomic_t live;
	unsigned int flags;
	int group_exit_code;
	__u64 utime, stime;
	unsigned long maxrss; /* pages */
	unsigned long long sum_sched_runtime;
};

struct sched_entity {
	__u64 sum_exec_runtime;
};

typedef struct {
	__u32 val;
} kuid_t;

typedef struct {
	__u32 val;
} kgid_t;

typedef struct {
	__u64 val; /* before kernel 6.3 two halves */
} kernel_cap_t;

struct user_namespace {
	int level;
};

struct cred {
	kuid_t uid, suid, euid;
	kgid_t gid, egid;
	kernel_cap_t cap_effective;
	struct user_namespace *user_ns;
};

/* The namespaces themselves are only compared. */
struct nsproxy {
	void *uts_ns, *ipc_ns, *mnt_ns, *pid_ns_for_children, *net_ns, *cgroup_ns;
};

struct kernel_siginfo {
	int si_code;
};

struct module {
	char name[56];
};

struct io_kiocb {
	__u8 opcode;
};

struct task_struct {
	int pid;
	int tgid;
	int exit_code;
	__u64 start_boottime;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct mm_struct *mm;
	struct fs_struct *fs;
	struct signal_struct *signal;
	struct css_set *cgroups;
	struct pid *thread_pid;
	struct files_struct *files;
	const struct cred *cred;
	struct sched_entity se;
	__u64 utime, stime;
	struct task_struct *parent;
	unsigned int ptrace;
	struct nsproxy *nsproxy;
	char comm[16];
};

struct sock_common {
	unsigned long skc_flags;
	unsigned short skc_family;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
	int sk_err;
};

struct socket {
	struct sock *sk;
};

struct tcp_sock {
	__u64 bytes_received;
	__u64 bytes_sent;
	__u64 bytes_retrans;
};

struct sockaddr;

struct bpf_sock_addr_kern {
	struct sockaddr *uaddr;
};

struct linux_binprm {
	unsigned int secureexec : 1;
	int argc;
	const char *filename;
	const char *interp;
	const char *fdpath;
};

#pragma clang attribute pop

extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym __weak;

/* Came with the same kernel as the cast, 6.2. */
enum bpf_map_type___since_6_2 {
	BPF_MAP_TYPE_CGRP_STORAGE___since_6_2 = 32,
};

/*
 * A task whose fields are read by plain loads, without the verifier's trust. With it, kernels since 6.4 look at each load of a pointer whether what
 * it leads to may be trusted too, and for that go through the names of all their types, up to three times: 3 ms a load whenever a sensor starts
 * (6.18). The cast is no instruction in the end.
 */
static __always_inline struct task_struct *untrusted(struct task_struct *task)
{
	if (bpf_core_enum_value_exists(enum bpf_map_type___since_6_2, BPF_MAP_TYPE_CGRP_STORAGE___since_6_2))
		return bpf_rdonly_cast(task, bpf_core_type_id_kernel(struct task_struct));
	return task;
}

/* Of mm_struct.rss_stat; 2 is what was swapped out (include/linux/mm_types_task.h). */
#define MM_FILEPAGES 0
#define MM_ANONPAGES 1
#define MM_SHMEMPAGES 3

/* signal_struct.flags: the group ends as one, by exit_group(2) or a fatal signal (include/linux/sched/signal.h). */
#define SIGNAL_GROUP_EXIT 0x00000004
/* sock_common.skc_flags, a bit: the peer's FIN was received (include/net/sock.h). */
#define SOCK_DONE 1
/* include/linux/socket.h and net.h */
#define AF_INET 2
#define AF_UNIX 1
#define AF_INET6 10
#define SOCK_DGRAM 2
#define SOCK_RAW 3

/* include/uapi/linux/stat.h */
#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFREG 0100000
#define S_IFCHR 0020000
#define S_IFIFO 0010000

#endif
