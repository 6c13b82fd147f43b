/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef CHAPERONE_EXEC_H
#define CHAPERONE_EXEC_H

#include "argv.h"
#include "credentials.h"
#include "environment.h"
#include "path.h"
#include "scratch.h"
#include "streams.h"
#include "tasks.h"
#include "traits.h"

/* Where the next part goes. `before` is the most that the parts before it can take. */
static __always_inline char *next_part(struct scratch *scratch, __u64 before)
{
	__u64 end = scratch->end;

	barrier_var(end); /* one register, or kernel 6.1 checks another one than it uses */
	if (end > before)
		end = before;
	return &scratch->frame.data[end];
}

static __always_inline __u32 append_path(struct scratch *scratch, __u64 before)
{
	__u64 start = scratch->path.start, len;

	if (!scratch->path.complete)
		scratch->frame.event.header.flags |= FLAG_PATH_TRUNCATED;
	if (start > PATH_BYTES)
		return 0;
	len = PATH_BYTES - start;
	if (bpf_probe_read_kernel(next_part(scratch, before), len, &scratch->path.bytes[start]))
		return 0;
	scratch->end += len;
	return len;
}

static __always_inline __u32 append_filename(struct scratch *scratch, __u64 before, struct linux_binprm *bprm)
{
	long size = bpf_probe_read_kernel_str(next_part(scratch, before), FILENAME_BYTES, BPF_CORE_READ(bprm, filename));

	if (size < 1)
		return 0;
	if (size == FILENAME_BYTES)
		scratch->frame.event.header.flags |= FLAG_PATH_TRUNCATED;
	scratch->end += size - 1;
	return size - 1;
}

static __always_inline __u32 append_argv(struct scratch *scratch, __u64 before, struct mm_struct *mm)
{
	__u64 start = BPF_CORE_READ(mm, arg_start), len = BPF_CORE_READ(mm, arg_end) - start;
	struct exec_event *event = &scratch->frame.event;

	event->argv_true_len = len;
	if (len > ARGV_BYTES) {
		event->header.flags |= FLAG_ARGV_TRUNCATED;
		len = ARGV_BYTES;
	}
	if (bpf_probe_read_user(next_part(scratch, before), len, (void *)start)) {
		event->header.flags |= FLAG_ARGV_TRUNCATED;
		return 0;
	}
	scratch->end += len;
	return len;
}

static __always_inline __u32 append_env(struct scratch *scratch, __u64 before, struct mm_struct *mm, __u32 wanted)
{
	__u64 len;

	read_environment(&scratch->env, mm, wanted);
	if (scratch->env.incomplete)
		scratch->frame.event.header.flags |= FLAG_ENV_TRUNCATED;
	len = scratch->env.taken_len;
	if (len > ENV_BYTES || bpf_probe_read_kernel(next_part(scratch, before), len, scratch->env.taken))
		return 0;
	scratch->end += len;
	return len;
}

/* Whether the filename, the last part so far, is `name` or ends in "/name". */
static __always_inline bool is_named(struct scratch *scratch, const char *name, __u32 name_len)
{
	__u64 len = scratch->frame.event.filename_len, base = scratch->end - name_len;
	const char *data = scratch->frame.data;

	if (len < name_len || base > PATH_BYTES + FILENAME_BYTES || bpf_strncmp(&data[base], name_len, name))
		return false;
	return len == name_len || (base > 0 && data[base - 1] == '/');
}

static const char github_worker[] = "Runner.Worker";
static const char act[] = "act";

static __always_inline bool is_runner_name(struct scratch *scratch)
{
	return is_named(scratch, github_worker, sizeof(github_worker) - 1) || is_named(scratch, act, sizeof(act) - 1);
}

/* Gives the process its new image. A runner within a step is a process like any other: it must not mint steps. */
static __always_inline void change_image(struct exec_event *event, struct task *task, bool runner_name)
{
	if (task->flags & TASK_EXECUTED)
		event->header.flags |= FLAG_REPLACES;
	if (task->flags & TASK_RUNNER_CHILD)
		event->header.flags |= FLAG_RUNNER_CHILD;
	if (task->of_agent)
		event->header.flags |= FLAG_AGENT;
	if (runner_name && !task->root) {
		event->header.flags |= FLAG_RUNNER;
		task->flags |= TASK_RUNNER;
	} else {
		task->flags &= ~TASK_RUNNER;
	}
	task->flags |= TASK_EXECUTED;
	task->image = event->header.image;
}

/* The runner set a step's at the first exec of its child; a later image of the same process could have been given anything. */
static __always_inline __u32 wanted_variables(struct exec_event *event)
{
	__u32 flags = event->header.flags;
	__u32 wanted = (flags & (FLAG_RUNNER_CHILD | FLAG_REPLACES)) == FLAG_RUNNER_CHILD ? VARIABLES_OF_STEP : 0;

	return flags & FLAG_AGENT ? wanted | VARIABLES_OF_AGENT : wanted;
}

static __always_inline void describe_exec(struct exec_event *event, struct linux_binprm *bprm, struct task *task)
{
	describe(&event->header, FRAME_EXEC, 0, task);
	event->parent_image = event->header.image;
	event->header.image = make_id(event->header.time, event->header.tgid);
	event->parent_tgid = task ? task->parent_tgid : 0;
	event->argc = BPF_CORE_READ(bprm, argc);
	event->origin = task ? task->origin : 0;
}

static __always_inline void describe_streams(struct exec_event *event)
{
	__u64 in = stream_of(0), out = stream_of(1);

	event->stdin_kind = (__u32)in;
	event->stdin_file = in >> 32;
	event->stdout_kind = (__u32)out;
	event->stdout_file = out >> 32;
}

#define AFTER_PATH PATH_BYTES
#define AFTER_FILENAME (AFTER_PATH + FILENAME_BYTES)
#define AFTER_CWD (AFTER_FILENAME + PATH_BYTES)
#define AFTER_ARGV (AFTER_CWD + ARGV_BYTES)

static __always_inline void fill_exec(struct scratch *scratch, struct task_struct *current, struct linux_binprm *bprm, struct task *task)
{
	struct exec_event *event = &scratch->frame.event;
	struct mm_struct *mm = BPF_CORE_READ(current, mm);
	struct fs_struct *fs = BPF_CORE_READ(current, fs);
	struct file *file = BPF_CORE_READ(mm, exe_file);
	__u32 wanted;

	describe_exec(event, bprm, task);
	event->traits = read_traits(bprm, file);
	event->euid = BPF_CORE_READ(current, cred, euid.val);
	event->suid = BPF_CORE_READ(current, cred, suid.val);
	describe_streams(event);
	scratch->end = 0;
	read_path(&scratch->path, (void *)file + bpf_core_field_offset(struct file, f_path), fs);
	event->path_len = append_path(scratch, 0);
	event->filename_len = append_filename(scratch, AFTER_PATH, bprm);
	if (task)
		change_image(event, task, is_runner_name(scratch));
	read_path(&scratch->path, (void *)fs + bpf_core_field_offset(struct fs_struct, pwd), fs);
	event->cwd_len = append_path(scratch, AFTER_FILENAME);
	event->argv_len = append_argv(scratch, AFTER_CWD, mm);
	wanted = wanted_variables(event);
	event->env_len = wanted ? append_env(scratch, AFTER_ARGV, mm, wanted) : 0;
	__builtin_memset(next_part(scratch, EXEC_DATA_BYTES), 0, 8);
	event->header.len = (sizeof(*event) + scratch->end + 7) & ~7u;
}

/* No room to tell it, but the process has its new image all the same. */
static __always_inline void lose_exec(struct task *task, enum scope scope)
{
	struct event_header header;

	describe(&header, FRAME_EXEC, 0, task);
	number(&header, FRAME_EXEC, scope);
	count_lost(&header, FRAME_EXEC);
	if (!task)
		return;
	task->image = make_id(header.time, header.tgid);
	task->flags = (task->flags | TASK_EXECUTED) & ~TASK_RUNNER;
}

static __always_inline void tell_exec(struct task_struct *current, struct linux_binprm *bprm, struct task *task, enum scope scope)
{
	struct scratch *scratch = take_scratch();
	__u64 len;

	if (!scratch) {
		lose_exec(task, scope);
		return;
	}
	fill_exec(scratch, current, bprm, task);
	number(&scratch->frame.event.header, FRAME_EXEC, scope);
	len = scratch->frame.event.header.len;
	if (len <= sizeof(scratch->frame))
		send(&scratch->frame.event.header, FRAME_EXEC, len);
	give_back(scratch);
}

/* After the point of no return, in the new image, with its only thread. */
static APART_FROM_THE_HOOK void on_exec(struct task_struct *current, struct linux_binprm *bprm, enum scope scope)
{
	struct task *task = current_task();

	if (task && !is_secure(bprm)) /* what changed before the exec is the old image's doing */
		look_at_credentials(current, task, CAUSE_CALL);
	tell_exec(current, bprm, task, scope);
	if (!task)
		return;
	task->peak_before = current->signal->maxrss;
	if (is_secure(bprm))
		look_at_credentials(current, task, CAUSE_EXEC);
	send_long_argv(current, task, scope);
}

#endif
