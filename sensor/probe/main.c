// SPDX-License-Identifier: Apache-2.0
/*
 * The probe: the only part of Chaperone that holds privileges, for as long as it takes to load the kernel programs and see them work.
 */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "armed.h"
#include "attach.h"
#include "doctor.h"
#include "exec.h"
#include "options.h"
#include "prove.h"
#include "sidecar.h"

#define WRONG_USE 2

static const char usage[] =
	"usage: probe sidecar [--run-dir DIR] [--termination-log FILE] [--child COMMAND…]   observe the pod that this container is in\n"
	"       probe attach --cgroup PATH --fd N                   observe a cgroup; frames go to the socket N\n"
	"       probe exec --cgroup PATH -- COMMAND…                run a command in a cgroup\n"
	"       probe wait-armed [--run-dir DIR]                    end when the sidecar is armed, or cannot be\n"
	"       probe doctor                                        say as JSON what this kernel can tell\n"
	"sidecar, attach and doctor also take --files, to watch files too, which may cost every system call of the node,\n"
	"--files=auto, to do so only where it costs none,\n"
	"and --ring-bytes N, --queue-bytes N and --file-ring-bytes N, powers of two; the last implies --files\n";

static int sidecar(const struct options *options)
{
	return run_sidecar(options);
}

static int attach(const struct options *options)
{
	return options->cgroup && options->fd >= 0 ? run_attach(options->cgroup, options->fd, options->sizes) : -1;
}

static int execute(const struct options *options)
{
	return options->cgroup && options->command ? run_exec(options->cgroup, options->command) : -1;
}

static int await(const struct options *options)
{
	return wait_armed(options->run_dir);
}

static int doctor(const struct options *options)
{
	return run_doctor(options->sizes);
}

static const struct {
	const char *name;
	int (*run)(const struct options *options); /* -1 for wrong use */
} subcommands[] = {{"sidecar", sidecar}, {"attach", attach}, {"exec", execute}, {"wait-armed", await}, {"doctor", doctor}};

static int run(int argc, char **argv)
{
	struct options options;

	for (size_t i = 0; i < sizeof(subcommands) / sizeof(*subcommands); i++)
		if (argc > 1 && !strcmp(argv[1], subcommands[i].name))
			return read_options(&options, argc - 1, argv + 1) ? -1 : subcommands[i].run(&options);
	return -1;
}

int main(int argc, char **argv)
{
	int status;

	if (argc > 1 && !strcmp(argv[1], "canary"))
		return run_canary(argc - 1, argv + 1);
	/* What the kernel calls the target of who reaches into it: sensor/findings/process-memory.ts knows it by this. */
	prctl(PR_SET_NAME, "chaperone-probe");
	silence_libbpf();
	status = run(argc, argv);
	if (status < 0)
		fputs(usage, stderr);
	return status < 0 ? WRONG_USE : status;
}
