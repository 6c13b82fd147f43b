/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAPERONE_FRAMES_H
#define CHAPERONE_FRAMES_H

#include <stdbool.h>

#include "cgroup.h"
#include "load.h"
#include "queue.h"
#include "tier.h"

/* Room for a count of each of a thousand CPUs. */
#define WORD_BYTES 32768

/* A frame of the probe's own: a header and JSON. */
struct word {
	union {
		struct event_header header;
		char bytes[WORD_BYTES];
	};
};

/* What does not change while the probe runs. */
struct identity {
	const char *mode; /* sidecar or attach */
	__u64 started;	  /* when the probe began, since boot, ns: tells one run of it from another */
	bool armed;
	enum tier tier;
	struct fault reason; /* why not armed */
	enum file_watch file_watch; /* what was asked for */
	bool watches_files;
	struct scope scope;
};

void make_hello(struct word *word, const struct identity *identity, const struct queue *queue, unsigned int restarts);

/* sensor may have no programs: then nothing was ever produced. counters has room for every CPU. */
void make_stats(struct word *word, const struct sensor *sensor, const struct queue *queue, struct event_counters *counters);

void make_flushed(struct word *word, unsigned long long id);

/* Largest command taken; larger ones of unknown type are skipped. */
#define COMMAND_BYTES 4096

/* Frames that the peer sends, split out of the stream. */
struct commands {
	union {
		struct event_header header;
		char bytes[COMMAND_BYTES];
	};
	size_t len;
	size_t skip; /* bytes of a frame too large to be a command */
};

/* Is told of commands of every type, known or not, with the number in their body. */
typedef void (*command_handler)(void *context, const struct event_header *command, unsigned long long number);

/* Takes what the peer has sent. -1 if it is gone, or speaks something else. */
int read_commands(struct commands *commands, int fd, command_handler handler, void *context);

#endif
