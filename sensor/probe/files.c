// SPDX-License-Identifier: Apache-2.0
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../bpf/events.h"
#include "../bpf/file-calls.h"
#include "../bpf/scratch-tries.h"
#include "files.h"
#include "sensor.skel.h"

#define NONE NO_ARGUMENT

const char *const file_watch_names[FILE_WATCHES] = {
	[WATCH_NEVER] = "Never",
	[WATCH_AUTO] = "Auto",
	[WATCH_ALWAYS] = "Always",
};

/* Kinds of calls, with the positions of their arguments. */
static const struct file_call
	open_call = {FILE_CREATE, CALL_RETURNS_FILE, NONE, NONE, NONE, NONE, NONE, NONE},
	mknod_call = {FILE_CREATE, CALL_TAKES_PATHS, NONE, 0, NONE, NONE, NONE, 1},
	mknodat_call = {FILE_CREATE, CALL_TAKES_PATHS, 0, 1, NONE, NONE, NONE, 2},
	rename_call = {FILE_RENAME, CALL_TAKES_PATHS, NONE, 0, NONE, 1, NONE, NONE},
	renameat_call = {FILE_RENAME, CALL_TAKES_PATHS, 0, 1, 2, 3, NONE, NONE},
	renameat2_call = {FILE_RENAME, CALL_TAKES_PATHS, 0, 1, 2, 3, 4, NONE},
	unlink_call = {FILE_DELETE, CALL_TAKES_PATHS, NONE, 0, NONE, NONE, NONE, NONE},
	unlinkat_call = {FILE_DELETE, CALL_TAKES_PATHS, 0, 1, NONE, NONE, 2, NONE},
	mkdir_call = {FILE_MKDIR, CALL_TAKES_PATHS, NONE, 0, NONE, NONE, NONE, 1},
	mkdirat_call = {FILE_MKDIR, CALL_TAKES_PATHS, 0, 1, NONE, NONE, NONE, 2},
	link_call = {FILE_LINK, CALL_TAKES_PATHS, NONE, 1, NONE, 0, NONE, NONE},
	linkat_call = {FILE_LINK, CALL_TAKES_PATHS, 2, 3, 0, 1, 4, NONE},
	symlink_call = {FILE_SYMLINK, CALL_TAKES_PATHS, NONE, 1, NONE, NONE, NONE, NONE},
	symlinkat_call = {FILE_SYMLINK, CALL_TAKES_PATHS, 1, 2, NONE, NONE, NONE, NONE},
	truncate_call = {FILE_TRUNCATE, CALL_TAKES_PATHS, NONE, 0, NONE, NONE, NONE, NONE},
	chmod_call = {FILE_CHMOD, CALL_TAKES_PATHS, NONE, 0, NONE, NONE, NONE, 1},
	fchmod_call = {FILE_CHMOD, CALL_TAKES_FILE, NONE, NONE, NONE, NONE, NONE, NONE},
	fchmodat_call = {FILE_CHMOD, CALL_TAKES_PATHS, 0, 1, NONE, NONE, NONE, 2},
	uring_call = {FILE_URING, CALL_TAKES_NOTHING, NONE, NONE, NONE, NONE, NONE, NONE};

struct numbered_call {
	int number;
	const struct file_call *call;
};

/* The old calls without a folder do not exist on architectures younger than they are. */
static const struct numbered_call native_calls[] = {
#ifdef SYS_open
	{SYS_open, &open_call}, {SYS_creat, &open_call}, {SYS_mknod, &mknod_call}, {SYS_rename, &rename_call}, {SYS_unlink, &unlink_call},
	{SYS_rmdir, &unlink_call}, {SYS_mkdir, &mkdir_call}, {SYS_link, &link_call}, {SYS_symlink, &symlink_call}, {SYS_chmod, &chmod_call},
#endif
#ifdef SYS_renameat
	{SYS_renameat, &renameat_call},
#endif
	{SYS_openat, &open_call}, {437 /* openat2 */, &open_call}, {SYS_mknodat, &mknodat_call}, {SYS_renameat2, &renameat2_call},
	{SYS_unlinkat, &unlinkat_call}, {SYS_mkdirat, &mkdirat_call}, {SYS_linkat, &linkat_call}, {SYS_symlinkat, &symlinkat_call},
	{SYS_truncate, &truncate_call}, {SYS_fchmod, &fchmod_call}, {SYS_fchmodat, &fchmodat_call}, {452 /* fchmodat2 */, &fchmodat_call},
	{425 /* io_uring_setup */, &uring_call},
};

static const struct numbered_call compat_calls[] = {
#ifdef __x86_64__ /* arch/x86/entry/syscalls/syscall_32.tbl */
	{5, &open_call}, {8, &open_call}, {9, &link_call}, {10, &unlink_call}, {14, &mknod_call}, {15, &chmod_call}, {38, &rename_call},
	{39, &mkdir_call}, {40, &unlink_call}, {83, &symlink_call}, {92, &truncate_call}, {94, &fchmod_call}, {193, &truncate_call},
	{295, &open_call}, {296, &mkdirat_call}, {297, &mknodat_call}, {301, &unlinkat_call}, {302, &renameat_call}, {303, &linkat_call},
	{304, &symlinkat_call}, {306, &fchmodat_call}, {353, &renameat2_call}, {425, &uring_call}, {437, &open_call}, {452, &fchmodat_call},
#endif
};

/*
 * Files that may hold a secret, by the name of the file or of its folder. This lets through more than what is secret: sensor/files/secrets.ts
 * has the last word, and a test holds that nothing which it calls a secret is missing here.
 */
static const struct {
	const char *name;
	__u32 bits;
} secrets[] = {
	{"mem", SECRET_OF_PROCESS},
	{"environ", SECRET_OF_PROCESS},
	{".npmrc", SECRET_FILE},
	{".yarnrc.yml", SECRET_FILE},
	{".pypirc", SECRET_FILE},
	{".netrc", SECRET_FILE},
	{"_netrc", SECRET_FILE},
	{".git-credentials", SECRET_FILE},
	{".pgpass", SECRET_FILE},
	{".my.cnf", SECRET_FILE},
	{".vault-token", SECRET_FILE},
	{".terraformrc", SECRET_FILE},
	{"credentials.tfrc.json", SECRET_FILE},
	{".dockercfg", SECRET_FILE},
	{"application_default_credentials.json", SECRET_FILE},
	{"token", SECRET_FILE},
	{"shadow", SECRET_FILE},
	{"credentials", SECRET_FILE},
	{"credentials.toml", SECRET_FILE},
	{"auth.json", SECRET_FILE},
	{"hosts.yml", SECRET_FILE},
	{"settings.xml", SECRET_FILE},
	{"gradle.properties", SECRET_FILE},
	{".credentials", SECRET_FILE},
	{".credentials_rsaparams", SECRET_FILE},
	{".runner", SECRET_FILE},
	{"_diag", SECRET_FOLDER},
	{".ssh", SECRET_FOLDER},
	{".aws", SECRET_FOLDER},
	{".azure", SECRET_FOLDER},
	{".docker", SECRET_FOLDER},
	{".kube", SECRET_FOLDER},
	{".gnupg", SECRET_FOLDER},
	{"private-keys-v1.d", SECRET_FOLDER},
	{"gcloud", SECRET_FOLDER},
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

int read_file_watch(enum file_watch *watch, const char *name)
{
	for (int i = 0; i < FILE_WATCHES; i++)
		if (!strcasecmp(file_watch_names[i], name)) {
			*watch = i;
			return 0;
		}
	return -1;
}

static void watch_calls(struct sensor_bpf *programs, const struct numbered_call *calls, size_t count, int first, __u8 bit)
{
	for (size_t i = 0; i < count; i++) {
		programs->rodata->watched_calls[calls[i].number] |= bit;
		memcpy((void *)&programs->rodata->file_calls[first + calls[i].number], calls[i].call, sizeof(struct file_call));
	}
}

bool is_file_hook(const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program);

	return !strncmp(section, "fexit/security_path_", 20) || !strcmp(section, "fexit/security_file_open");
}

static void leave_out_hooks(struct sensor_bpf *programs)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, programs->obj)
		if (is_file_hook(program))
			bpf_program__set_autoload(program, false);
}

/* A kernel may be built without the checks of paths (CONFIG_SECURITY_PATH). */
static bool has_checks(struct sensor_bpf *programs)
{
	struct btf *types = btf__load_vmlinux_btf();
	struct bpf_program *program;
	bool has_all = types;

	bpf_object__for_each_program(program, programs->obj)
		if (has_all && is_file_hook(program))
			has_all = btf__find_by_name_kind(types, bpf_program__section_name(program) + strlen("fexit/"), BTF_KIND_FUNC) >= 0;
	btf__free(types);
	return has_all;
}

bool choose_file_hooks(struct sensor_bpf *programs, bool proved)
{
	bool all = proved;

	if (!programs->rodata->watches_files)
		return false;
	for (int i = 0; i < programs->skeleton->prog_cnt; i++) {
		struct bpf_prog_skeleton *each = &programs->skeleton->progs[i];

		/* There may have been no room for one of them. */
		all = all && (!is_file_hook(*each->prog) || *each->link);
	}
	programs->bss->files_by_hook = all;
	for (int i = 0; i < programs->skeleton->prog_cnt; i++) {
		struct bpf_prog_skeleton *each = &programs->skeleton->progs[i];
		bool speaks = is_file_hook(*each->prog) ? all : *each->prog != programs->progs.sensor_call_end || !all;

		if (speaks || !*each->link)
			continue;
		bpf_link__destroy(*each->link);
		*each->link = NULL;
	}
	return all || programs->links.sensor_call_end;
}

static void leave_out(struct sensor_bpf *programs)
{
	bpf_program__set_autoload(programs->progs.sensor_call_end, false);
	bpf_program__set_autoload(programs->progs.sensor_repeats, false);
	leave_out_hooks(programs);
	bpf_map__set_autocreate(programs->maps.file_scratches, false);
	bpf_map__set_autocreate(programs->maps.told_files, false);
	bpf_map__set_autocreate(programs->maps.secret_names, false);
	/* The hooks of exec and exit refer to these; the ring's size is a page at least. */
	bpf_map__set_max_entries(programs->maps.file_repeats, 1);
	bpf_map__set_max_entries(programs->maps.file_ring, sysconf(_SC_PAGESIZE));
}

int configure_files(struct sensor_bpf *programs, enum file_watch watch, size_t ring_bytes, int cpus, struct fault *fault)
{
	bool by_hook = watch != WATCH_NEVER && bpf_program__autoload(programs->progs.sensor_file_open) && has_checks(programs);

	if (watch == WATCH_NEVER || (watch == WATCH_AUTO && !by_hook)) {
		leave_out(programs);
		return 0;
	}
	if (!by_hook)
		leave_out_hooks(programs);
	programs->bss->files_by_hook = by_hook;
	bpf_program__set_autoload(programs->progs.sensor_call_end, watch == WATCH_ALWAYS);
	if (watch == WATCH_ALWAYS && libbpf_find_vmlinux_btf_id("sys_exit", BPF_TRACE_RAW_TP) < 0)
		return fail(fault, "this kernel does not tell of system calls, which watching files needs (CONFIG_HAVE_SYSCALL_TRACEPOINTS)");
	programs->rodata->watches_files = 1;
	bpf_map__set_max_entries(programs->maps.file_ring, ring_bytes);
	bpf_map__set_max_entries(programs->maps.file_scratches, cpus + SCRATCH_TRIES - 1);
	watch_calls(programs, native_calls, COUNT(native_calls), 0, WATCHED_NATIVE);
	watch_calls(programs, compat_calls, COUNT(compat_calls), CALLS, WATCHED_COMPAT);
	for (size_t i = 0; i < COUNT(secrets); i++)
		programs->rodata->secret_initials[(__u8)secrets[i].name[0]] = 1;
	return 0;
}

int fill_secret_names(struct sensor_bpf *programs, struct fault *fault)
{
	if (!programs->rodata->watches_files)
		return 0;
	for (size_t i = 0; i < COUNT(secrets); i++) {
		struct secret_name name = {};

		strncpy(name.text, secrets[i].name, sizeof(name.text) - 1);
		if (bpf_map__update_elem(programs->maps.secret_names, &name, sizeof(name), &secrets[i].bits, sizeof(secrets[i].bits), BPF_ANY))
			return fail(fault, "cannot tell the kernel programs the names of secret files: %s", strerror(errno));
	}
	return 0;
}
