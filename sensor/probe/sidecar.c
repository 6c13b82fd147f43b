// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "armed.h"
#include "caps.h"
#include "clock.h"
#include "node.h"
#include "sidecar.h"
#include "signals.h"
#include "token.h"

/* Of Node: the image's nobody. */
#define NODE_USER 65532
/* Within the pod's grace period of 30 s; Node flushes meanwhile. */
#define TERMINATION_GRACE_NS (20 * SECOND_NS)
/* For a Node that has closed its link but goes on. */
#define UNLINKED_GRACE_NS (5 * SECOND_NS)

/*
 * Small young generation, one worker thread, and no optimising compiler beyond the middle one: measured after a job of 500 processes, the last
 * saves 6 MB of 89 for probe and Node together, and costs a sixth of the CPU time in a storm. (--max-opt=1 would save 13, and cost two thirds.)
 */
static char *default_command[] = {"/usr/local/bin/node", "--max-semi-space-size=1", "--max-old-space-size=48", "--v8-pool-size=1", "--max-opt=2",
				  "/chaperone/sensor.mjs", NULL};

struct sidecar {
	struct forwarder forwarder;
	struct node node;
	struct token token;
	int signals;
	int armed_socket; /* or -1 */
	bool terminating;
};

static void serve(struct sidecar *sidecar);

/* The kubelet shows it as the container's last word. */
static void write_termination_log(const char *path, const struct fault *reason)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return;
	if (write(fd, reason->text, strlen(reason->text)) < 0)
		fprintf(stderr, "chaperone: cannot write %s: %s\n", path, strerror(errno));
	close(fd);
}

static __u64 choose_memory_limit(const struct scope *scope)
{
	const char *text = getenv("CHAPERONE_MEMORY_LIMIT_BYTES");

	if (scope->memory_limit || !text)
		return scope->memory_limit;
	return strtoull(text, NULL, 10);
}

static void become_unprivileged(struct token *token, const char *run_dir)
{
	const char *path = getenv("CHAPERONE_TOKEN_FILE");
	bool needs_root = token_needs_root(path);

	drop_privileges((struct kept_identity){.user = NODE_USER, .group = token_group(path), .saved_root = needs_root});
	if (needs_root)
		keep_token(token, path, run_dir);
}

int run_sidecar(const struct options *options)
{
	static struct sidecar sidecar;
	struct identity *identity = &sidecar.forwarder.identity;
	const char *files = getenv("CHAPERONE_WATCH_FILES");
	struct sizes sizes = options->sizes;
	int scope_error;

	if (files && read_file_watch(&sizes.rings.file_watch, files))
		fprintf(stderr, "chaperone: CHAPERONE_WATCH_FILES is none of Auto, Always and Never: files are not watched\n");
	sidecar.signals = open_signals(true);
	identity->mode = "sidecar";
	scope_error = find_pod(&identity->scope, getenv("CHAPERONE_POD_UID"), &identity->reason);
	if (arm(&sidecar.forwarder, sizes, scope_error)) {
		fprintf(stderr, "chaperone: %s\n", identity->reason.text);
		write_termination_log(options->termination_log, &identity->reason);
	}
	/* A Node with a scratch volume keeps what it was given, and says so: until then it is the queue's to keep. */
	sidecar.forwarder.queue.acknowledged = getenv("CHAPERONE_SPILL_DIR") != NULL;
	sidecar.armed_socket = open_armed_socket(options->run_dir);
	become_unprivileged(&sidecar.token, options->run_dir);
	setenv("CHAPERONE_TERMINATION_LOG", options->termination_log, 1);
	sidecar.node.command = options->command ? options->command : default_command;
	sidecar.node.memory_limit = choose_memory_limit(&identity->scope);
	serve(&sidecar);
	return 0;
}

static void start(struct sidecar *sidecar)
{
	int peer = start_node(&sidecar->node);

	if (peer >= 0)
		greet_peer(&sidecar->forwarder, peer, sidecar->node.restarts);
}

/* PID 1 reaps whoever was left to it. A Node that was stopped goes on: nobody but a job that shares its processes with the sensor stops it. */
static void reap(struct sidecar *sidecar)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (pid != sidecar->node.pid)
			continue;
		if (WIFSTOPPED(status)) {
			kill(pid, SIGCONT);
			continue;
		}
		if (!sidecar->terminating)
			fprintf(stderr, "chaperone: the sensor's Node process ended (%s %d)\n", WIFSIGNALED(status) ? "signal" : "status",
				WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		lose_peer(&sidecar->forwarder);
		plan_restart(&sidecar->node);
	}
}

static void obey_signals(struct sidecar *sidecar)
{
	struct signals signals = take_signals(sidecar->signals);

	if (signals.child)
		reap(sidecar);
	if (signals.terminate && !sidecar->terminating) {
		sidecar->terminating = true;
		stop_node(&sidecar->node, SIGTERM, TERMINATION_GRACE_NS);
	}
}

static void lose_link(struct sidecar *sidecar)
{
	lose_peer(&sidecar->forwarder);
	if (!sidecar->node.kill_due)
		stop_node(&sidecar->node, SIGTERM, UNLINKED_GRACE_NS);
}

static int earlier(int one, int other)
{
	return one < other ? one : other;
}

static void serve(struct sidecar *sidecar)
{
	enum { POLL_SIGNALS = FORWARD_POLLS, POLL_ARMED, POLLS };
	struct pollfd polls[POLLS];

	start(sidecar);
	while (!sidecar->terminating || sidecar->node.pid) {
		int timeout = forward(&sidecar->forwarder, polls);

		timeout = earlier(timeout, earlier(watch_node(&sidecar->node), watch_token(&sidecar->token)));

		polls[POLL_SIGNALS] = (struct pollfd){.fd = sidecar->signals, .events = POLLIN};
		polls[POLL_ARMED] = (struct pollfd){.fd = sidecar->armed_socket, .events = POLLIN};
		poll(polls, POLLS, timeout);
		if (polls[POLL_PEER].revents & POLLIN)
			sidecar->node.heard = true;
		if (after_wait(&sidecar->forwarder, polls))
			lose_link(sidecar);
		if (polls[POLL_ARMED].revents)
			answer_armed(sidecar->armed_socket, &sidecar->forwarder.identity);
		if (polls[POLL_SIGNALS].revents)
			obey_signals(sidecar);
		if (!sidecar->terminating && !sidecar->node.pid && now_ns() >= sidecar->node.start_due)
			start(sidecar);
	}
}
