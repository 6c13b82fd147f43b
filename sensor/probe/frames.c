// SPDX-License-Identifier: Apache-2.0
#include <string.h>
#include <sys/utsname.h>

#include "clock.h"
#include "frames.h"
#include "json.h"

static const char *const class_names[EVENT_CLASSES] = {
	[FRAME_FORK - 1] = "fork",
	[FRAME_EXEC - 1] = "exec",
	[FRAME_EXIT - 1] = "exit",
	[FRAME_CONNECT - 1] = "connect",
	[FRAME_CLOSE - 1] = "close",
	[FRAME_ACCEPT - 1] = "accept",
	[FRAME_SOCKET - 1] = "socket",
	[FRAME_UNIX - 1] = "unix",
	[FRAME_DNS - 1] = "dns",
	[FRAME_OPENING - 1] = "opening",
	[FRAME_ARGV - 1] = "argv",
	[FRAME_CREDENTIALS - 1] = "credentials",
	[FRAME_FILE - 1] = "file",
	[FRAME_MEMORY - 1] = "memory",
	[FRAME_PRIVILEGE - 1] = "privilege",
	[FRAME_SPEAKER - 1] = "speaker",
};

static struct json begin(struct word *word, enum frame_type type)
{
	memset(&word->header, 0, sizeof(word->header));
	word->header.type = type;
	word->header.time = now_ns();
	return (struct json){.text = word->bytes + sizeof(word->header), .size = WORD_BYTES - sizeof(word->header) - 8};
}

/* Blanks make the length a multiple of 8. */
static void end(struct word *word, struct json *json)
{
	while (json->len % 8)
		put(json, " ");
	word->header.len = sizeof(word->header) + json->len;
}

static void put_counts(struct json *json, const char *name, const __u64 *counts)
{
	put(json, ",\"%s\":{", name);
	for (int i = 0; i < EVENT_CLASSES; i++)
		if (class_names[i])
			put(json, "%s\"%s\":%llu", i ? "," : "", class_names[i], counts[i]);
	put(json, "}");
}

void make_hello(struct word *word, const struct identity *identity, const struct queue *queue, unsigned int restarts)
{
	struct json json = begin(word, FRAME_HELLO);
	struct utsname kernel;

	uname(&kernel);
	put(&json, "{\"version\":\"%s\",\"armed\":%s,\"tier\":\"%s\"", CHAPERONE_VERSION, identity->armed ? "true" : "false",
	    tier_names[identity->tier]);
	if (!identity->armed) {
		put(&json, ",\"reason\":");
		put_string(&json, identity->reason.text);
	}
	put(&json, ",\"kernel\":");
	put_string(&json, kernel.release);
	put(&json, ",\"mode\":\"%s\",\"cgroupId\":\"%llu\"", identity->mode, identity->scope.id);
	if (identity->scope.path[0]) {
		put(&json, ",\"cgroupPath\":");
		put_string(&json, identity->scope.path);
	}
	put(&json, ",\"fileWatch\":\"%s\",\"watchesFiles\":%s", file_watch_names[identity->file_watch],
	    identity->watches_files ? "true" : "false");
	put(&json, ",\"realtimeOffsetNs\":\"%llu\",\"restarts\":%u", realtime_offset_ns(), restarts);
	put(&json, ",\"time\":\"%llu\",\"started\":\"%llu\",\"position\":%llu", word->header.time, identity->started, queue_position(queue));
	put_counts(&json, "forwardedBefore", queue->forwarded);
	put(&json, "}");
	end(word, &json);
}

void make_stats(struct word *word, const struct sensor *sensor, const struct queue *queue, struct event_counters *counters)
{
	struct json json = begin(word, FRAME_STATS);
	__u64 produced[EVENT_CLASSES] = {}, lost[EVENT_CLASSES] = {}, table_full = 0, sockets_full = 0, left = 0;
	int cpus = sensor->programs && !read_counters(sensor, counters) ? sensor->cpus : 0;

	put(&json, "{\"cpus\":[");
	for (int cpu = 0; cpu < cpus; cpu++) {
		put(&json, "%s%u", cpu ? "," : "", counters[cpu].seq);
		table_full += counters[cpu].table_full;
		sockets_full += counters[cpu].sockets_full;
		left += counters[cpu].left;
		for (int i = 0; i < EVENT_CLASSES; i++) {
			produced[i] += counters[cpu].produced[i];
			lost[i] += counters[cpu].lost[i];
		}
	}
	put(&json, "],\"tableFull\":%llu,\"socketsFull\":%llu,\"left\":%llu", table_full, sockets_full, left);
	put(&json, ",\"detached\":%d,\"realtimeOffsetNs\":\"%llu\"", count_detached(sensor), realtime_offset_ns());
	put_counts(&json, "produced", produced);
	put_counts(&json, "lost", lost);
	put_counts(&json, "probeDropped", queue->dropped);
	put(&json, "}");
	end(word, &json);
}

void make_flushed(struct word *word, unsigned long long id)
{
	struct json json = begin(word, FRAME_FLUSHED);

	put(&json, "{\"id\":%llu}", id);
	end(word, &json);
}
