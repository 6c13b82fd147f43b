// SPDX-License-Identifier: Apache-2.0
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../bpf/file-calls.h"
#include "../bpf/scratch-tries.h"
#include "clock.h"
#include "files.h"
#include "load.h"
#include "sensor.skel.h"
#include "tier.h"

/* BPF_CGROUP_UNIX_CONNECT, which headers before Linux 6.7 do not have. */
#define UNIX_CONNECT 49

static int configure(struct sensor *sensor, const struct scope *scope, struct ring_sizes rings, struct fault *fault);
static void configure_unix_hook(struct sensor *sensor);
static int attach(struct sensor_bpf *programs, int cgroup_fd, struct fault *fault);

/* The first warning that libbpf gave: it names the program; the ones after it only say that therefore all failed. */
static char first_warning[256];

static int keep_warning(enum libbpf_print_level level, const char *format, va_list arguments)
{
	if (level != LIBBPF_WARN || first_warning[0])
		return 0;
	vsnprintf(first_warning, sizeof(first_warning), format, arguments);
	first_warning[strcspn(first_warning, "\n")] = 0;
	return 0;
}

void silence_libbpf(void)
{
	libbpf_set_print(keep_warning);
}

int load_sensor(struct sensor *sensor, const struct scope *scope, struct ring_sizes rings, struct fault *fault)
{
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return fail(fault, "this kernel gives no type information (/sys/kernel/btf/vmlinux): %s; it needs CONFIG_DEBUG_INFO_BTF",
			    strerror(errno));
	sensor->programs = sensor_bpf__open();
	if (!sensor->programs)
		return fail(fault, "cannot read the kernel programs: %s", strerror(errno));
	if (configure(sensor, scope, rings, fault) || fill_secret_names(sensor->programs, fault) || attach(sensor->programs, scope->fd, fault)) {
		unload_sensor(sensor);
		return -1;
	}
	sensor->programs->bss->attached_at = now_ns();
	sensor->ring_fd = bpf_map__fd(sensor->programs->maps.ring);
	sensor->file_ring_fd = sensor->programs->rodata->watches_files ? bpf_map__fd(sensor->programs->maps.file_ring) : -1;
	sensor->counters_fd = bpf_map__fd(sensor->programs->maps.counters);
	sensor->idle = &sensor->programs->bss->idle;
	sensor->proving = &sensor->programs->bss->proving;
	return 0;
}

static int configure(struct sensor *sensor, const struct scope *scope, struct ring_sizes rings, struct fault *fault)
{
	struct sensor_bpf *programs = sensor->programs;
	int error;

	sensor->cpus = libbpf_num_possible_cpus();
	if (sensor->cpus < 1)
		return fail(fault, "cannot count the CPUs: %s", strerror(-sensor->cpus));
	programs->rodata->observed_cgroup = scope->id;
	programs->rodata->observed_level = scope->level;
	programs->rodata->own_cgroup = scope->own_id;
	programs->rodata->page_bytes = sysconf(_SC_PAGESIZE);
	configure_unix_hook(sensor);
	bpf_map__set_max_entries(programs->maps.ring, rings.events);
	leave_out_unsupported(programs);
	bpf_map__set_max_entries(programs->maps.scratches, sensor->cpus + SCRATCH_TRIES - 1);
	if (configure_files(programs, rings.file_watch, rings.files, sensor->cpus, fault))
		return -1;
	sensor->sees_calls = bpf_program__autoload(programs->progs.sensor_call_end);
	if (sensor->sees_calls)
		watch_reaches(programs);
	error = sensor_bpf__load(programs);
	if (error)
		return fail(fault, "the kernel refused the sensor's programs: %s (%s)", strerror(-error), first_warning);
	return 0;
}

/* The kernel knows the hook if it takes the smallest program for it. */
static void configure_unix_hook(struct sensor *sensor)
{
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = UNIX_CONNECT);
	struct bpf_program *program = sensor->programs->progs.sensor_connect_unix;
	int fd = bpf_prog_load(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, NULL, "GPL", pass, sizeof(pass) / sizeof(*pass), &options);

	sensor->has_unix_hook = fd >= 0;
	if (fd >= 0)
		close(fd);
	bpf_program__set_type(program, BPF_PROG_TYPE_CGROUP_SOCK_ADDR);
	bpf_program__set_expected_attach_type(program, UNIX_CONNECT);
	bpf_program__set_autoload(program, sensor->has_unix_hook);
}

/*
 * By links, which end with the probe. The other way (BPF_PROG_ATTACH) outlives it, but only a process with CAP_SYS_ADMIN could then detach what
 * an earlier sensor left on the pod's cgroup: each restart would add a set of observers that nobody reads, up to the kernel's limit of 64.
 */
static struct bpf_link *attach_one(struct bpf_program *program, int cgroup_fd)
{
	return bpf_program__type(program) == BPF_PROG_TYPE_TRACING ? bpf_program__attach(program) : bpf_program__attach_cgroup(program, cgroup_fd);
}

/*
 * Every program that was loaded: those that trace everywhere, the others at the cgroup. From the last to the first, since those that see an end
 * come after those that see a beginning: so whatever is seen to begin is seen to end.
 * The programs of a tier may find no place (38 of them at a kernel function are all that a machine takes): the proof will tell.
 */
static int attach(struct sensor_bpf *programs, int cgroup_fd, struct fault *fault)
{
	for (int i = programs->skeleton->prog_cnt - 1; i >= 0; i--) {
		struct bpf_prog_skeleton *each = &programs->skeleton->progs[i];

		/* Those of this type sit at no hook: the probe runs them itself. */
		if (!bpf_program__autoload(*each->prog) || bpf_program__type(*each->prog) == BPF_PROG_TYPE_RAW_TRACEPOINT)
			continue;
		*each->link = attach_one(*each->prog, cgroup_fd);
		if (!*each->link && !is_of_tier(programs, i))
			return fail(fault, "the kernel refused to attach %s: %s", each->name, strerror(errno));
	}
	return 0;
}

void unload_sensor(struct sensor *sensor)
{
	sensor_bpf__destroy(sensor->programs);
	sensor->programs = NULL;
}

void tell_repeats_of_living(const struct sensor *sensor)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);
	int fd = bpf_program__fd(sensor->programs->progs.sensor_repeats);

	if (fd >= 0)
		bpf_prog_test_run_opts(fd, &options);
}

void mark_agent(const struct sensor *sensor, __u32 tgid, __u64 image)
{
	__u64 arguments[] = {tgid, image};
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = arguments, .ctx_size_in = sizeof(arguments));

	bpf_prog_test_run_opts(bpf_program__fd(sensor->programs->progs.sensor_mark_agent), &options);
}

int read_counters(const struct sensor *sensor, struct event_counters *counters)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(sensor->counters_fd, &zero, counters);
}

/* Links of tracing programs cannot be detached. */
static bool is_detached(const struct bpf_link *link)
{
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);

	return link && !bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &size) && info.type == BPF_LINK_TYPE_CGROUP &&
	       !info.cgroup.cgroup_id;
}

int count_detached(const struct sensor *sensor)
{
	int count = 0;

	for (int i = 0; sensor->programs && i < sensor->programs->skeleton->prog_cnt; i++)
		count += is_detached(*sensor->programs->skeleton->progs[i].link);
	return count;
}

int read_program_costs(const struct sensor *sensor, struct program_cost *costs)
{
	struct bpf_program *program;
	int count = 0;

	if (!sensor->programs)
		return 0;
	bpf_object__for_each_program(program, sensor->programs->obj) {
		struct bpf_prog_info info = {};
		__u32 size = sizeof(info);

		if (count < MAX_PROGRAMS && bpf_program__fd(program) >= 0 && !bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
			costs[count++] = (struct program_cost){bpf_program__name(program), info.verified_insns};
	}
	return count;
}
