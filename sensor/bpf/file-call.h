/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Files as system calls change them, seen when a call returns: for kernels that let no program sit at their own checks (file-hook.h). */
#ifndef CHAPERONE_FILE_CALL_H
#define CHAPERONE_FILE_CALL_H

#include "file-open.h"
#include "reach-call.h"
#include "syscall.h"

#define AT_FDCWD (-100)
/* Results from here up are errors (include/linux/err.h). */
#define FIRST_ERROR ((unsigned long)-4095)

/* Both set before load. By number, first those of the kernel's own architecture, then those of its 32-bit one. */
const volatile __u8 watched_calls[CALLS] = {};
const volatile struct file_call file_calls[2 * CALLS] = {};

static __always_inline __u64 argument(struct file_scratch *scratch, __s8 at)
{
	return scratch->arguments[at & 7];
}

/*
 * The number in a path /proc/self/fd/N/… or /dev/fd/N/…, or -1: how programs name files of a folder that they hold open without calls of the *at
 * kind, as Bun and with it coding agents do. A function of its own, so that it is verified once.
 */
__noinline int folder_in_path(__u64 path)
{
	static const char dev[] = "/dev/fd/", proc[] = "/proc/self/fd/";
	char text[sizeof(proc) + 8] = {};
	const char *digits;
	int number = 0;

	bpf_probe_read_user_str(text, sizeof(text), (void *)path);
	if (!bpf_strncmp(text, sizeof(dev) - 1, dev))
		digits = &text[sizeof(dev) - 1];
	else if (!bpf_strncmp(text, sizeof(proc) - 1, proc))
		digits = &text[sizeof(proc) - 1];
	else
		return -1;
	for (__u32 i = 0; i < 8; i++) {
		if (digits[i] == '/')
			return i ? number : -1;
		if (digits[i] < '0' || digits[i] > '9')
			return -1;
		number = number * 10 + digits[i] - '0';
	}
	return -1;
}

/* The folder that a path starts from which is relative, or says that it is (folder_in_path). */
static __always_inline __u32 append_folder(struct file_scratch *scratch, __u64 before, struct task_struct *current, int fd, __u64 text)
{
	struct fs_struct *fs = BPF_CORE_READ(current, fs);
	struct file *folder;
	char first = 0;

	bpf_probe_read_user(&first, sizeof(first), (void *)text);
	if (first == '/') {
		fd = folder_in_path(text);
		if (fd < 0)
			return 0;
	}
	if (fd == AT_FDCWD)
		return append_file_path(scratch, before, (void *)fs + bpf_core_field_offset(struct fs_struct, pwd), fs);
	folder = open_file(current, (__u32)fd);
	return folder ? append_file_path(scratch, before, path_of(folder), fs) : 0;
}

static __always_inline int folder_argument(struct file_scratch *scratch, __s8 at)
{
	return at == NO_ARGUMENT ? AT_FDCWD : (int)argument(scratch, at);
}

static __always_inline void tell_paths(const volatile struct file_call *call, struct file_scratch *scratch, struct task_struct *current)
{
	struct file_event *event = &scratch->frame.event;
	__u64 path = argument(scratch, call->path), path2 = argument(scratch, call->path2);

	if (call->flags != NO_ARGUMENT)
		event->flags = argument(scratch, call->flags);
	if (call->mode != NO_ARGUMENT)
		event->mode = argument(scratch, call->mode);
	event->dir_len = append_folder(scratch, 0, current, folder_argument(scratch, call->dir), path);
	event->path_len = append_text(scratch, PATH_BYTES, path);
	if (call->path2 == NO_ARGUMENT)
		return;
	event->dir2_len = append_folder(scratch, 2 * PATH_BYTES, current, folder_argument(scratch, call->dir2), path2);
	event->path2_len = append_text(scratch, 3 * PATH_BYTES, path2);
}

static __always_inline void tell_call(const volatile struct file_call *call, struct pt_regs *regs, bool compat, enum scope scope)
{
	struct task_struct *current = (void *)bpf_get_current_task();
	struct file_scratch *scratch = take_file_scratch();

	if (!scratch) {
		lose(FRAME_FILE, scope);
		return;
	}
	begin_file(scratch, call->op, call->form == CALL_TAKES_PATHS ? SOURCE_ARGUMENT : SOURCE_NONE);
	if (call->form == CALL_TAKES_PATHS) {
		read_arguments(scratch->arguments, regs, compat);
		tell_paths(call, scratch, current);
	}
	finish_file(scratch, scope, NULL);
	give_back_file_scratch(scratch);
}

static __always_inline void tell_open(const volatile struct file_call *call, __u64 fd, enum scope scope)
{
	struct task_struct *current = (void *)bpf_get_current_task();
	struct file *file = open_file(current, fd);
	struct opened opened = {};

	if (!file)
		return;
	if (call->form == CALL_TAKES_FILE) {
		look_at(&opened, file);
		opened.key.op = call->op;
	} else {
		decide_open(&opened, file);
	}
	if (opened.key.op)
		tell_file(current, file, &opened, scope);
}

static __always_inline void on_call_end(struct pt_regs *regs, long result)
{
	__u32 number = number_of_call(regs), compat = 0, watched;
	const volatile struct file_call *call;
	enum scope scope;

	if (number >= CALLS || (unsigned long)result >= FIRST_ERROR)
		return;
	barrier_var(number); /* the compiler keeps two copies of it, of which the verifier would know only one to be small */
	number &= CALLS - 1;
	watched = watched_calls[number];
	if (!watched)
		return;
	compat = is_compat_call();
	if (watched & (compat ? WATCHED_COMPAT_REACH : WATCHED_REACH)) {
		on_reach_call(regs, number, compat);
		return;
	}
	if (!(watched & (compat ? WATCHED_COMPAT : WATCHED_NATIVE)))
		return;
	scope = scope_of_current();
	if (!is_told(scope) || (scope != PROOF && files_by_hook))
		return;
	number += compat ? CALLS : 0;
	barrier_var(number);
	call = &file_calls[number & (2 * CALLS - 1)];
	if (call->form == CALL_RETURNS_FILE)
		tell_open(call, result, scope);
	else if (call->form == CALL_TAKES_FILE)
		tell_open(call, first_argument(regs, compat), scope);
	else
		tell_call(call, regs, compat, scope);
}

#endif
