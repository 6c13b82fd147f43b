// SPDX-License-Identifier: Apache-2.0
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../bpf/events.h"
#include "../bpf/file-calls.h"
#include "files.h"
#include "sensor.skel.h"
#include "tier.h"

const char *const tier_names[TIERS] = {
	[TIER_BLIND] = "blind",
	[TIER_TRACEPOINT] = "tracepoint",
	[TIER_TRAMPOLINE] = "trampoline",
	[TIER_LSM] = "lsm",
};

/* What a program needs besides what every tier has. */
enum need { NEEDS_NOTHING, NEEDS_TRAMPOLINES, NEEDS_LSM, NEEDS_MODULES, NEEDS_REQUESTS, NEEDS_OLD_REQUESTS, NEEDS };

/* Tracepoints that not every kernel has. */
static enum need need_of_tracepoint(const struct sensor_bpf *programs, const struct bpf_program *program)
{
	if (program == programs->progs.sensor_module)
		return NEEDS_MODULES;
	if (program == programs->progs.sensor_request)
		return NEEDS_REQUESTS;
	return program == programs->progs.sensor_request_old ? NEEDS_OLD_REQUESTS : NEEDS_NOTHING;
}

static enum need need_of(const struct sensor_bpf *programs, const struct bpf_program *program)
{
	switch (bpf_program__expected_attach_type(program)) {
	case BPF_LSM_CGROUP:
		return NEEDS_LSM;
	case BPF_TRACE_FENTRY:
	case BPF_TRACE_FEXIT:
		return NEEDS_TRAMPOLINES;
	default:
		return need_of_tracepoint(programs, program);
	}
}

/* A program that does nothing, at a function that every kernel with security modules has. */
static bool loads(const struct btf *types, const char *function, enum bpf_prog_type type, enum bpf_attach_type attach_type)
{
	const struct bpf_insn allow[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = type == BPF_PROG_TYPE_LSM},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach_type);
	int id = btf__find_by_name_kind(types, function, BTF_KIND_FUNC), fd;

	if (id < 0)
		return false;
	options.attach_btf_id = id;
	fd = bpf_prog_load(type, "try", "Dual BSD/GPL", allow, sizeof(allow) / sizeof(*allow), &options);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static bool has_tracepoint(const struct btf *types, const char *name)
{
	return btf__find_by_name_kind(types, name, BTF_KIND_TYPEDEF) >= 0;
}

static void find_supported(bool supported[NEEDS])
{
	struct btf *types = btf__load_vmlinux_btf();

	supported[NEEDS_NOTHING] = true;
	if (!types)
		return;
	supported[NEEDS_TRAMPOLINES] = loads(types, "security_ptrace_access_check", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT);
	supported[NEEDS_LSM] = loads(types, "bpf_lsm_ptrace_access_check", BPF_PROG_TYPE_LSM, BPF_LSM_CGROUP);
	supported[NEEDS_MODULES] = has_tracepoint(types, "btf_trace_module_load");
	supported[NEEDS_REQUESTS] = has_tracepoint(types, "btf_trace_io_uring_submit_req");
	supported[NEEDS_OLD_REQUESTS] = has_tracepoint(types, "btf_trace_io_uring_submit_sqe");
	btf__free(types);
}

void watch_reaches(struct sensor_bpf *programs)
{
	static const int native[] = {SYS_process_vm_readv, SYS_process_vm_writev, SYS_bpf};

	for (size_t i = 0; i < sizeof(native) / sizeof(*native); i++)
		programs->rodata->watched_calls[native[i]] |= WATCHED_REACH;
#ifdef __x86_64__ /* arch/x86/entry/syscalls/syscall_32.tbl */
	static const int compat[] = {347, 348, 357};

	for (size_t i = 0; i < sizeof(compat) / sizeof(*compat); i++)
		programs->rodata->watched_calls[compat[i]] |= WATCHED_COMPAT_REACH;
#endif
}

void leave_out_unsupported(struct sensor_bpf *programs)
{
	bool supported[NEEDS] = {};
	struct bpf_program *program;

	find_supported(supported);
	bpf_object__for_each_program(program, programs->obj)
		if (!supported[need_of(programs, program)])
			bpf_program__set_autoload(program, false);
}

bool is_of_tier(const struct sensor_bpf *programs, int index)
{
	enum need need = need_of(programs, *programs->skeleton->progs[index].prog);

	return need == NEEDS_TRAMPOLINES || need == NEEDS_LSM;
}

/* Signals tell in part what the other tiers see whole. */
static bool belongs(const struct sensor_bpf *programs, const struct bpf_program *program, enum tier tier)
{
	if (program == programs->progs.sensor_signal)
		return tier == TIER_TRACEPOINT;
	if (is_file_hook(program))
		return tier >= TIER_TRAMPOLINE;
	switch (need_of(programs, program)) {
	case NEEDS_LSM:
		return tier == TIER_LSM;
	case NEEDS_TRAMPOLINES:
		return tier == TIER_TRAMPOLINE;
	case NEEDS_REQUESTS:
	case NEEDS_OLD_REQUESTS:
		return tier == TIER_TRACEPOINT;
	default:
		return true;
	}
}

void choose_tier(struct sensor_bpf *programs, enum tier tier)
{
	programs->data->chosen_hook = tier == TIER_LSM ? HOOK_LSM : tier == TIER_TRAMPOLINE ? HOOK_TRAMPOLINE : HOOK_SIGNAL;
	for (int i = 0; i < programs->skeleton->prog_cnt; i++) {
		struct bpf_prog_skeleton *each = &programs->skeleton->progs[i];

		if (!*each->link || belongs(programs, *each->prog, tier))
			continue;
		bpf_link__destroy(*each->link);
		*each->link = NULL;
	}
}
