// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kernel.h"
#include "events.h"
#include "connect.h"
#include "exec.h"
#include "exit.h"
#include "fork.h"
#include "leave.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sched_process_fork")
int BPF_PROG(sensor_fork, struct task_struct *parent, struct task_struct *child)
{
	on_fork(parent, child);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sensor_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	on_exec(task, bprm);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sensor_exit, struct task_struct *task)
{
	on_exit(task);
	return 0;
}

SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(sensor_move, struct cgroup *group, const char *path, struct task_struct *task)
{
	on_move(task);
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

/* Keeps the whole wire contract in the object's BTF, which the decoder's layout is generated from. */
const struct wire_contract {
	struct fork_event fork;
	struct exec_event exec;
	struct exit_event exit;
	struct connect_event connect;
	enum frame_type type;
	enum frame_flag flag;
	enum connect_hook hook;
} *wire_contract __attribute__((unused));
