// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "doctor.h"
#include "json.h"
#include "signals.h"

#define EXIT_NOT_ARMED 3

/* In a cgroup of its own where one can be made, else in the pod that it is in. */
static int find_scope(struct scope *scope, char *made, const char *mount, struct fault *fault)
{
	if (snprintf(made, PATH_MAX, "%s/chaperone-doctor-%d", mount, getpid()) < PATH_MAX && !mkdir(made, 0755))
		return open_local(scope, made, fault);
	made[0] = 0;
	return find_pod(scope, getenv("CHAPERONE_POD_UID"), fault);
}

static void put_hooks(struct json *json, const struct proof *proof)
{
	put(json, ",\"hooks\":{");
	for (int hook = 0; hook < HOOKS; hook++)
		put(json, "%s\"%s\":%s", hook ? "," : "", hook_names[hook],
		    proof->seen[hook] ? "true" : proof->wanted[hook] ? "false" : "null");
	put(json, "}");
}

/* How many instructions the kernel's verifier walked, for each program that was loaded. */
static void put_programs(struct json *json, const struct sensor *sensor)
{
	struct program_cost costs[MAX_PROGRAMS];
	int count = read_program_costs(sensor, costs);

	put(json, ",\"programs\":{");
	for (int i = 0; i < count; i++)
		put(json, "%s\"%s\":%u", i ? "," : "", costs[i].name, costs[i].verified_instructions);
	put(json, "}");
}

static void print_report(const struct forwarder *forwarder, const char *mount)
{
	char text[16384];
	struct json json = {.text = text, .size = sizeof(text)};
	struct utsname kernel;

	uname(&kernel);
	put(&json, "{\"version\":\"%s\",\"kernel\":", CHAPERONE_VERSION);
	put_string(&json, kernel.release);
	put(&json, ",\"armed\":%s,\"tier\":\"%s\"", forwarder->identity.armed ? "true" : "false", tier_names[forwarder->identity.tier]);
	if (!forwarder->identity.armed) {
		put(&json, ",\"reason\":");
		put_string(&json, forwarder->identity.reason.text);
	}
	if (mount[0]) {
		put(&json, ",\"cgroup2Mount\":");
		put_string(&json, mount);
	}
	put_hooks(&json, &forwarder->proof);
	put_programs(&json, &forwarder->sensor);
	printf("%s}\n", text);
}

int run_doctor(struct sizes sizes)
{
	static struct forwarder forwarder;
	struct identity *identity = &forwarder.identity;
	char mount[PATH_MAX] = "", made[PATH_MAX] = "";
	int error;

	open_signals(false);
	error = find_cgroup2_mount(mount, sizeof(mount), &identity->reason);
	if (!error)
		error = find_scope(&identity->scope, made, mount, &identity->reason);
	error = arm(&forwarder, sizes, error);
	print_report(&forwarder, mount);
	unload_sensor(&forwarder.sensor);
	close_local(&identity->scope);
	if (made[0])
		rmdir(made);
	return error ? EXIT_NOT_ARMED : 0;
}
