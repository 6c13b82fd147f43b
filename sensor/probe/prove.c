// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "files.h"
#include "loopback.h"
#include "prove.h"

/* For the canary, which needs a hundredth of this on an idle machine; the kubelet waits ten seconds. */
#define CANARY_TIMEOUT_NS (8 * SECOND_NS)
/* For what the kernel tells after the canary's end: its sockets are released and its last packets taken in a moment later. */
#define AFTERMATH_NS (2 * SECOND_NS)

const char *const hook_names[HOOKS] = {
	"fork", "exec", "exit", "connect4", "sendmsg4", "connect6", "sendmsg6", "sock_create", "sock_release", "sockops", "accept",
	"egress", "ingress", "error_report", "dns_question", "dns_answer", "opening", "connect_unix", "open",
	"trampoline", "lsm", "open_trampoline",
};

struct proving {
	struct proof *proof;
	__u32 canary; /* in the probe's pid namespace */
	pid_t mother; /* which ends when the canary has */
	bool failed; /* the canary's exit status */
	frame_handler handler;
	void *context;
};

static pid_t start_canary(const struct scope *scope, const struct loopback *loopback, pid_t *mother, struct fault *fault);
static void on_frame(void *context, const struct event_header *frame);
static int await(const struct sensor *sensor, struct rings *rings, struct proving *proving, struct fault *fault);
static bool has_ended(pid_t child);
static void settle_tier(const struct sensor *sensor, struct proof *proof);

int prove(const struct sensor *sensor, const struct scope *scope, struct rings *rings, struct proof *proof, frame_handler handler, void *context,
	  struct fault *fault)
{
	struct proving proving = {.proof = proof, .handler = handler, .context = context};
	struct loopback loopback;
	pid_t canary;
	int error = -1;

	memset(proof, 0, sizeof(*proof));
	if (open_loopback(&loopback, fault))
		return -1;
	for (int hook = 0; hook < PROVED_TRAMPOLINE; hook++)
		proof->wanted[hook] = true;
	proof->wanted[PROVED_CONNECT6] = proof->wanted[PROVED_SENDMSG6] = loopback.has_ipv6;
	proof->wanted[PROVED_CONNECT_UNIX] = sensor->has_unix_hook;
	proof->wanted[PROVED_OPEN] = sensor->sees_calls;
	*sensor->proving = 1;
	proving.mother = -1;
	canary = start_canary(scope, &loopback, &proving.mother, fault);
	if (canary > 0) {
		proving.canary = canary;
		error = await(sensor, rings, &proving, fault);
	}
	while (proving.mother > 0 && waitpid(proving.mother, NULL, 0) < 0 && errno == EINTR)
		;
	*sensor->proving = 0;
	drain_rings_fully(rings, on_frame, &proving);
	close_loopback(&loopback);
	if (!error)
		settle_tier(sensor, proof);
	return error;
}

/* The canary's end came after all else that it did, so what was not seen of it by now never will be. */
static void settle_tier(const struct sensor *sensor, struct proof *proof)
{
	proof->tier = proof->seen[PROVED_LSM] ? TIER_LSM : proof->seen[PROVED_TRAMPOLINE] ? TIER_TRAMPOLINE : TIER_TRACEPOINT;
	choose_tier(sensor->programs, proof->tier);
	proof->watches_files = choose_file_hooks(sensor->programs, proof->seen[PROVED_OPEN_TRAMPOLINE]);
}

static void execute_canary(const struct loopback *loopback)
{
	char ports[PORTS][8];
	char *arguments[] = {"probe", "canary", ports[TCP4], ports[UDP4], ports[TCP6], ports[UDP6], NULL};

	for (int i = 0; i < PORTS; i++)
		snprintf(ports[i], sizeof(ports[i]), "%u", loopback->ports[i]);
	if (!loopback->has_ipv6)
		arguments[4] = NULL;
	execv("/proc/self/exe", arguments);
	_exit(127);
}

/* In the mother, which may first have to go where the sensor's own processes are: the canary's birth must be there. */
static void be_mother(const struct scope *scope, const struct loopback *loopback, int tell)
{
	struct fault fault;
	pid_t canary;

	if (scope->own_path[0] && enter_cgroup(scope->own_path, &fault))
		_exit(1);
	/* Yama, where it restricts ptrace(2) to descendants, is asked before the BPF LSM. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	canary = fork();
	if (canary == 0)
		execute_canary(loopback);
	if (write(tell, &canary, sizeof(canary)) < 0)
		_exit(1);
	_exit(waitpid(canary, NULL, 0) < 0);
}

static pid_t start_canary(const struct scope *scope, const struct loopback *loopback, pid_t *mother, struct fault *fault)
{
	pid_t canary = -1;
	int tell[2];

	if (pipe2(tell, O_CLOEXEC))
		return fail(fault, "cannot make a pipe: %s", strerror(errno));
	*mother = fork();
	if (*mother == 0)
		be_mother(scope, loopback, tell[1]);
	close(tell[1]);
	if (*mother < 0 || read(tell[0], &canary, sizeof(canary)) != sizeof(canary) || canary < 0)
		canary = fail(fault, "cannot start the canary that proves the kernel programs");
	close(tell[0]);
	return canary;
}

/* Of the canary's datagrams only the packet hooks know the bytes, and of the refused one only the error's hook. */
static void note_close(bool *seen, const struct close_event *close)
{
	if (close->protocol == IPPROTO_TCP) {
		seen[PROVED_SOCKOPS] = true;
		return;
	}
	seen[PROVED_SOCK_RELEASE] = true;
	seen[PROVED_EGRESS] |= close->sent > 0;
	seen[PROVED_INGRESS] |= close->received > 0;
	seen[PROVED_ERROR_REPORT] |= close->error == ECONNREFUSED;
}

static void note_open(bool *seen, const struct file_event *file)
{
	if (file->op == FILE_READ)
		seen[file->hook == HOOK_TRAMPOLINE ? PROVED_OPEN_TRAMPOLINE : PROVED_OPEN] = true;
}

static void note(struct proving *proving, const struct event_header *frame)
{
	const struct connect_event *connect = (const void *)frame;
	bool *seen = proving->proof->seen;

	if (frame->type == FRAME_FORK) {
		seen[PROVED_FORK] |= ((const struct fork_event *)frame)->child_ns_tgid == proving->canary;
		return;
	}
	if (frame->ns_tgid != proving->canary)
		return;
	if (frame->type == FRAME_EXEC)
		seen[PROVED_EXEC] = true;
	if (frame->type == FRAME_EXIT) {
		seen[PROVED_EXIT] = true;
		proving->failed = ((const struct exit_event *)frame)->code != 0;
	}
	if (frame->type == FRAME_FILE)
		note_open(seen, (const void *)frame);
	if (frame->type == FRAME_MEMORY)
		seen[((const struct memory_event *)frame)->hook == HOOK_LSM ? PROVED_LSM : PROVED_TRAMPOLINE] = true;
	if (frame->type == FRAME_CONNECT)
		seen[(connect->family == 6 ? PROVED_CONNECT6 : PROVED_CONNECT4) + (connect->hook == HOOK_SENDMSG)] = true;
	if (frame->type == FRAME_CLOSE)
		note_close(seen, (const void *)frame);
	if (frame->type == FRAME_DNS)
		seen[((const struct dns_event *)frame)->direction == DNS_QUESTION ? PROVED_QUESTION : PROVED_ANSWER] = true;
	seen[PROVED_OPENING] |= frame->type == FRAME_OPENING;
	seen[PROVED_ACCEPT] |= frame->type == FRAME_ACCEPT;
	seen[PROVED_SOCK_CREATE] |= frame->type == FRAME_SOCKET;
	seen[PROVED_CONNECT_UNIX] |= frame->type == FRAME_UNIX;
}

static void on_frame(void *context, const struct event_header *frame)
{
	struct proving *proving = context;

	if (frame->flags & FLAG_PROOF)
		note(proving, frame);
	else
		proving->handler(proving->context, frame);
}

static const char *first_missing(const struct proof *proof)
{
	for (int hook = 0; hook < HOOKS; hook++)
		if (proof->wanted[hook] && !proof->seen[hook])
			return hook_names[hook];
	return NULL;
}

static int await(const struct sensor *sensor, struct rings *rings, struct proving *proving, struct fault *fault)
{
	__u64 deadline = now_ns() + CANARY_TIMEOUT_NS;
	struct pollfd wake = {.fd = sensor->ring_fd, .events = POLLIN};
	bool ended = false;

	while (first_missing(proving->proof) && now_ns() < deadline && !proving->failed) {
		if (!ended && has_ended(proving->mother)) {
			ended = true;
			deadline = now_ns() + AFTERMATH_NS;
		}
		drain_rings(rings, on_frame, proving);
		if (first_missing(proving->proof))
			poll(&wake, 1, 1);
	}
	if (proving->failed)
		return fail(fault, "the canary could not connect to a listener of the probe on loopback");
	if (first_missing(proving->proof))
		return fail(fault, "the programs were loaded and attached, but the kernel did not tell the canary's %s", first_missing(proving->proof));
	return 0;
}

/* Leaves it to be waited for. */
static bool has_ended(pid_t child)
{
	siginfo_t end = {0};

	return waitid(P_PID, child, &end, WEXITED | WNOHANG | WNOWAIT) == 0 && end.si_pid == child;
}
