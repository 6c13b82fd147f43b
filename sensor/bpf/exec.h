/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef CHAPERONE_EXEC_H
#define CHAPERONE_EXEC_H

#include "environment.h"
#include "path.h"
#include "scratch.h"
#include "tasks.h"

/* Appends to the frame's data; offset is at most `before`, the room of the parts before this one. */
static __always_inline __u64 append_path(struct exec_frame *frame, __u64 offset, struct path_buffer *path)
{
	__u64 start = path->start, len;

	if (start > PATH_BYTES)
		return 0;
	len = PATH_BYTES - start;
	if (bpf_probe_read_kernel(&frame->data[offset], len, &path->bytes[start]))
		return 0;
	if (!path->complete)
		frame->event.header.flags |= FLAG_PATH_TRUNCATED;
	return len;
}

static __always_inline __u64 append_filename(struct exec_frame *frame, __u64 offset, struct linux_binprm *bprm)
{
	long size = bpf_probe_read_kernel_str(&frame->data[offset], FILENAME_BYTES, BPF_CORE_READ(bprm, filename));

	if (size < 1 || size > FILENAME_BYTES)
		return 0;
	if (size == FILENAME_BYTES)
		frame->event.header.flags |= FLAG_PATH_TRUNCATED;
	return size - 1;
}

static __always_inline __u64 append_argv(struct exec_frame *frame, __u64 offset, struct mm_struct *mm)
{
	__u64 start = BPF_CORE_READ(mm, arg_start), len = BPF_CORE_READ(mm, arg_end) - start;

	frame->event.argv_true_len = len;
	if (len > ARGV_BYTES)
		len = ARGV_BYTES;
	if (bpf_probe_read_user(&frame->data[offset], len, (void *)start))
		len = 0;
	if (len < frame->event.argv_true_len)
		frame->event.header.flags |= FLAG_ARGV_TRUNCATED;
	return len;
}

static __always_inline __u64 append_env(struct exec_frame *frame, __u64 offset, struct environment *env, struct mm_struct *mm)
{
	__u64 len;

	read_environment(env, mm);
	if (env->incomplete)
		frame->event.header.flags |= FLAG_ENV_TRUNCATED;
	len = env->taken_len;
	if (len > ENV_BYTES || bpf_probe_read_kernel(&frame->data[offset], len, env->taken))
		return 0;
	return len;
}

/* Whether data[offset …) of the given length is `name` or ends in "/name". */
static __always_inline bool is_named(struct exec_frame *frame, __u64 offset, __u64 len, const char *name, __u32 name_len)
{
	__u64 base;

	if (len < name_len)
		return false;
	base = offset + len - name_len;
	if (base > PATH_BYTES + FILENAME_BYTES)
		return false;
	if (bpf_strncmp(&frame->data[base], name_len, name))
		return false;
	if (len == name_len)
		return true;
	base = offset + len - name_len - 1;
	return base < PATH_BYTES + FILENAME_BYTES && frame->data[base] == '/';
}

static const char github_worker[] = "Runner.Worker";
static const char act[] = "act";

static __always_inline bool is_runner_name(struct exec_frame *frame, __u64 offset, __u64 len)
{
	return is_named(frame, offset, len, github_worker, sizeof(github_worker) - 1) ||
	       is_named(frame, offset, len, act, sizeof(act) - 1);
}

/* Gives the process its new image. A runner within a step is a process like any other: it must not mint steps. */
static __always_inline void change_image(struct exec_event *event, struct task *task, bool runner_name)
{
	if (task->flags & TASK_EXECUTED)
		event->header.flags |= FLAG_REPLACES;
	if (task->flags & TASK_RUNNER_CHILD)
		event->header.flags |= FLAG_RUNNER_CHILD;
	if (runner_name && !task->root) {
		event->header.flags |= FLAG_RUNNER;
		task->flags |= TASK_RUNNER;
	} else {
		task->flags &= ~TASK_RUNNER;
	}
	task->flags |= TASK_EXECUTED;
	task->image = event->header.image;
}

static __always_inline void fill_exec(struct scratch *scratch, struct task_struct *current, struct linux_binprm *bprm, struct task *task)
{
	struct exec_frame *frame = &scratch->frame;
	struct exec_event *event = &frame->event;
	struct mm_struct *mm = BPF_CORE_READ(current, mm);
	struct fs_struct *fs = BPF_CORE_READ(current, fs);
	struct file *file = BPF_CORE_READ(mm, exe_file);
	bool first_of_child = task && (task->flags & TASK_RUNNER_CHILD) && !(task->flags & TASK_EXECUTED);
	__u64 offset, len;

	describe(&event->header, FRAME_EXEC, 0, task);
	event->parent_image = event->header.image;
	event->header.image = make_id(event->header.time, event->header.tgid);
	event->parent_tgid = task ? task->parent_tgid : 0;
	event->argc = BPF_CORE_READ(bprm, argc);

	read_path(&scratch->path, (void *)file + bpf_core_field_offset(struct file, f_path), fs);
	offset = len = append_path(frame, 0, &scratch->path);
	event->path_len = len;
	len = append_filename(frame, offset, bprm);
	event->filename_len = len;
	if (task)
		change_image(event, task, is_runner_name(frame, offset, len));
	offset += len;
	read_path(&scratch->path, (void *)fs + bpf_core_field_offset(struct fs_struct, pwd), fs);
	len = append_path(frame, offset, &scratch->path);
	event->cwd_len = len;
	offset += len;
	len = append_argv(frame, offset, mm);
	event->argv_len = len;
	offset += len;
	len = first_of_child ? append_env(frame, offset, &scratch->env, mm) : 0;
	event->env_len = len;
	offset += len;
	if (offset > EXEC_DATA_BYTES)
		offset = EXEC_DATA_BYTES;
	__builtin_memset(&frame->data[offset], 0, 8);
	event->header.len = (sizeof(*event) + offset + 7) & ~7u;
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

/* After the point of no return, in the new image, with its only thread. */
static __always_inline void on_exec(struct task_struct *current, struct linux_binprm *bprm)
{
	enum scope scope = scope_of_current();
	struct scratch *scratch;
	struct task *task;
	__u64 len;

	if (!is_told(scope))
		return;
	task = current_task();
	scratch = take_scratch();
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

#endif
