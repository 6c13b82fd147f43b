// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kernel.h"
#include "events.h"
#include "close.h"
#include "connect.h"
#include "exec.h"
#include "exit.h"
#include "file-call.h"
#include "file-hook.h"
#include "fork.h"
#include "leave.h"
#include "names.h"
#include "packet.h"
#include "unix.h"
#include "uring.h"
#include "memory.h"
#include "privilege.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sched_process_fork")
int BPF_PROG(sensor_fork, struct task_struct *forking, struct task_struct *born)
{
	struct task_struct *parent = untrusted(forking), *child = untrusted(born);
	enum scope scope = scope_of_current();

	if (scope == OUTSIDE && !is_born_elsewhere(parent, child))
		return 0;
	look_at_namespaces();
	on_fork(parent, child, scope);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sensor_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	enum scope scope = scope_of_current();

	if (!is_told(scope))
		return 0;
	tell_repeats();
	look_at_namespaces();
	on_exec(untrusted(task), bprm, scope);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sensor_exit, struct task_struct *task)
{
	if (scope_of_current() == OUTSIDE && !strays)
		return 0;
	tell_repeats_at_exit(task);
	look_at_namespaces();
	on_exit(untrusted(task));
	return 0;
}

SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(sensor_move, struct cgroup *group, const char *path, struct task_struct *task)
{
	on_move(task);
	return 0;
}

/* Files, where they are watched: at the kernel's checks where it lets programs sit there, else at every system call of the node. */
FILE_HOOK(file_open, on_file_open(file, result), struct file *file)
FILE_HOOK(path_unlink, on_path_change(FILE_DELETE, folder, dentry, result), const struct path *folder, struct dentry *dentry)
FILE_HOOK(path_rmdir, on_path_change(FILE_DELETE, folder, dentry, result), const struct path *folder, struct dentry *dentry)
FILE_HOOK(path_mkdir, on_path_change(FILE_MKDIR, folder, dentry, result), const struct path *folder, struct dentry *dentry, unsigned short mode)
FILE_HOOK(path_mknod, on_path_mknod(folder, dentry, mode, result), const struct path *folder, struct dentry *dentry, unsigned short mode,
	  unsigned int device)
FILE_HOOK(path_symlink, on_path_change(FILE_SYMLINK, folder, dentry, result), const struct path *folder, struct dentry *dentry,
	  const char *text)
FILE_HOOK(path_link, on_path_link(old, folder, dentry, result), struct dentry *old, const struct path *folder, struct dentry *dentry)
FILE_HOOK(path_rename, on_path_rename(folder, dentry, folder2, dentry2, flags, result), const struct path *folder, struct dentry *dentry,
	  const struct path *folder2, struct dentry *dentry2, unsigned int flags)
FILE_HOOK(path_truncate, on_path_itself(FILE_TRUNCATE, path, 0, result), const struct path *path)
FILE_HOOK(path_chmod, on_path_itself(FILE_CHMOD, path, mode, result), const struct path *path, unsigned short mode)

SEC("tp_btf/sys_exit")
int BPF_PROG(sensor_call_end, struct pt_regs *regs, long result)
{
	on_call_end(regs, result);
	return 0;
}

/* At no hook: the probe runs it before it gives an account that was asked for. */
SEC("raw_tp")
int sensor_repeats(void *ctx)
{
	tell_repeats_of_living();
	return 0;
}

/* At no hook: the probe runs it for a process that its peer takes for a coding agent. */
SEC("raw_tp")
int sensor_mark_agent(struct bpf_raw_tracepoint_args *ctx)
{
	mark_agent(ctx->args[0], ctx->args[1]);
	return 0;
}

/*
 * The same at the best kind of hook that the kernel runs: the probe loads what can be loaded, and has its canary show what fires (probe/tier.c).
 */
SEC("lsm_cgroup/ptrace_access_check")
int BPF_PROG(sensor_access_lsm, struct task_struct *target, unsigned int mode)
{
	on_access(target, mode, 0, HOOK_LSM);
	return ALLOW;
}

SEC("fexit/security_ptrace_access_check")
int BPF_PROG(sensor_access, struct task_struct *target, unsigned int mode, int result)
{
	on_access(target, mode, result, HOOK_TRAMPOLINE);
	return 0;
}

SEC("tp_btf/signal_generate")
int BPF_PROG(sensor_signal, int signal, struct kernel_siginfo *info, struct task_struct *to)
{
	if (may_betray(signal, info))
		on_signal(signal, info, to);
	return 0;
}

SEC("lsm_cgroup/bpf")
int BPF_PROG(sensor_bpf_lsm, int command, union bpf_attr *attributes, unsigned int size)
{
	on_bpf(command, attributes, HOOK_LSM);
	return ALLOW;
}

SEC("fentry/security_bpf")
int BPF_PROG(sensor_bpf, int command, union bpf_attr *attributes, unsigned int size)
{
	on_bpf(command, attributes, HOOK_TRAMPOLINE);
	return 0;
}

/* Not loaded on a kernel without modules. */
SEC("tp_btf/module_load")
int BPF_PROG(sensor_module, struct module *module)
{
	on_module(module);
	return 0;
}

SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(sensor_request, struct io_kiocb *request)
{
	on_request(request);
	return 0;
}

/* Its name before Linux 6.4. */
SEC("tp_btf/io_uring_submit_sqe")
int BPF_PROG(sensor_request_old, struct io_kiocb *request)
{
	on_request(request);
	return 0;
}

SEC("cgroup/connect4")
int sensor_connect4(struct bpf_sock_addr *ctx)
{
	return on_connect4(ctx, HOOK_CONNECT);
}

SEC("cgroup/connect6")
int sensor_connect6(struct bpf_sock_addr *ctx)
{
	return on_connect6(ctx, HOOK_CONNECT);
}

SEC("cgroup/sendmsg4")
int sensor_sendmsg4(struct bpf_sock_addr *ctx)
{
	return on_connect4(ctx, HOOK_SENDMSG);
}

SEC("cgroup/sendmsg6")
int sensor_sendmsg6(struct bpf_sock_addr *ctx)
{
	return on_connect6(ctx, HOOK_SENDMSG);
}

SEC("cgroup/sock_create")
int sensor_sock_create(struct bpf_sock *ctx)
{
	return on_socket(ctx);
}

SEC("cgroup/sock_release")
int sensor_sock_release(struct bpf_sock *ctx)
{
	return on_release(ctx);
}

SEC("sockops")
int sensor_sockops(struct bpf_sock_ops *ctx)
{
	return on_tcp(ctx);
}

SEC("tp_btf/inet_sk_error_report")
int BPF_PROG(sensor_error_report, struct sock *sk)
{
	on_socket_error(sk);
	return 0;
}

SEC("cgroup_skb/egress")
int sensor_egress(struct __sk_buff *skb)
{
	tell_names(skb, true);
	return on_packet(skb, true);
}

SEC("cgroup_skb/ingress")
int sensor_ingress(struct __sk_buff *skb)
{
	tell_names(skb, false);
	return on_packet(skb, false);
}

/* libbpf before 1.3 does not know the section: the probe says what it is. Kernels before 6.7 have no such hook. */
SEC("cgroup/connect_unix")
int sensor_connect_unix(struct bpf_sock_addr *ctx)
{
	return on_connect_unix(ctx);
}

/* Keeps the whole wire contract in the object's BTF, which the decoder's layout is generated from. */
const struct wire_contract {
	struct fork_event fork;
	struct exec_event exec;
	struct exit_event exit;
	struct connect_event connect;
	struct close_event close;
	struct accept_event accept;
	struct socket_event socket;
	struct unix_event unix_connect;
	struct dns_event dns;
	struct opening_event opening;
	struct argv_event argv;
	struct credentials_event credentials;
	struct file_event file;
	enum exec_trait trait;
	enum stream_kind stream;
	enum origin origin;
	enum credentials_cause cause;
	enum dns_direction direction;
	enum file_op op;
	enum file_source source;
	struct memory_event memory;
	struct privilege_event privilege;
	struct speaker_event speaker;
	enum frame_type type;
	enum frame_flag flag;
	enum connect_hook hook;
	enum memory_way way;
	enum tier_hook tier_hook;
	enum privilege_act act;
	enum receiver receiver;
} *wire_contract __attribute__((unused));
