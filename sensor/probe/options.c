// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "options.h"

/*
 * Twice what holds half a second of 10,000 processes a second, which a starved probe was measured to wait. The memory is charged to the
 * sensor's container.
 */
#define RING_BYTES (4u << 20)
/* A flood that overruns it loses events of files alone, and they are counted. */
#define FILE_RING_BYTES (1u << 20)
/* Pages of it are taken only while the peer is slower than the kernel. */
#define QUEUE_BYTES (8u << 20)

static const struct option known[] = {
	{"cgroup", required_argument, NULL, 'c'},
	{"fd", required_argument, NULL, 'f'},
	{"ring-bytes", required_argument, NULL, 'r'},
	{"queue-bytes", required_argument, NULL, 'q'},
	{"files", optional_argument, NULL, 'F'},
	{"file-ring-bytes", required_argument, NULL, 'R'},
	{"run-dir", required_argument, NULL, 'd'},
	{"termination-log", required_argument, NULL, 't'},
	{"child", no_argument, NULL, 'x'},
	{},
};

/* A power of two, at least `least`. */
static int read_size(size_t *size, const char *text, size_t least)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || value < least || value & (value - 1) || value > 1ul << 30) {
		fprintf(stderr, "chaperone: '%s' is not a size: give bytes, a power of two of at least %zu\n", text, least);
		return -1;
	}
	*size = value;
	return 0;
}

static int take_option(struct options *options, int option)
{
	switch (option) {
	case 'c':
		options->cgroup = optarg;
		return 0;
	case 'f':
		options->fd = atoi(optarg);
		return 0;
	case 'r':
		return read_size(&options->sizes.rings.events, optarg, sysconf(_SC_PAGESIZE));
	case 'q':
		return read_size(&options->sizes.queue, optarg, 128 * 1024);
	case 'F':
		return read_file_watch(&options->sizes.rings.file_watch, optarg ? optarg : "Always");
	case 'R':
		options->sizes.rings.file_watch = WATCH_ALWAYS;
		return read_size(&options->sizes.rings.files, optarg, sysconf(_SC_PAGESIZE));
	case 'd':
		options->run_dir = optarg;
		return 0;
	case 't':
		options->termination_log = optarg;
		return 0;
	default:
		return -1;
	}
}

int read_options(struct options *options, int argc, char **argv)
{
	int option;

	*options = (struct options){
		.fd = -1,
		.sizes = {.rings = {.events = RING_BYTES, .files = FILE_RING_BYTES}, .queue = QUEUE_BYTES},
		.run_dir = "/run/chaperone",
		.termination_log = "/dev/termination-log",
	};
	while ((option = getopt_long(argc, argv, "+", known, NULL)) != -1) {
		if (option == 'x')
			break;
		if (take_option(options, option))
			return -1;
	}
	if (optind < argc)
		options->command = argv + optind;
	return 0;
}
