/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Picks the variables that name a step out of the environment of a runner's child, and what coding agents tell the processes that they start
 * out of theirs; nothing else of it leaves the kernel.
 * A key counts only at the true start of a variable: a variable longer than one read is skipped to its end, so that its text cannot forge one.
 */
#ifndef CHAPERONE_ENVIRONMENT_H
#define CHAPERONE_ENVIRONMENT_H

#include "scratch.h"

/* An environment of more variables is read so far and flagged; 2 MiB of them, the usual limit of execve, hold fewer unless they are empty. */
#define MAX_VARIABLES 65536

/* The first of a name counts, as for getenv(3). */
static __always_inline bool is_new_key(struct environment *env, __u32 number, const char *key, __u32 len)
{
	if ((env->seen & (1u << number)) || bpf_strncmp(env->chunk, len, key))
		return false;
	env->seen |= 1u << number;
	env->key_len = len;
	return true;
}

#define IS_NEW_KEY(env, number, name)                                              \
	({                                                                         \
		static const char key_##number[] = name "=";                       \
		is_new_key(env, number, key_##number, sizeof(key_##number) - 1);   \
	})

static __always_inline bool is_new_github_key(struct environment *env)
{
	return IS_NEW_KEY(env, 0, "GITHUB_ACTION") || IS_NEW_KEY(env, 1, "GITHUB_ACTION_PATH") ||
	       IS_NEW_KEY(env, 2, "GITHUB_ACTION_REPOSITORY") || IS_NEW_KEY(env, 3, "GITHUB_ACTION_REF") ||
	       IS_NEW_KEY(env, 4, "GITHUB_OUTPUT") || IS_NEW_KEY(env, 5, "GITHUB_JOB") || IS_NEW_KEY(env, 6, "GITHUB_RUN_ID") ||
	       IS_NEW_KEY(env, 7, "GITHUB_RUN_ATTEMPT") || IS_NEW_KEY(env, 8, "GITHUB_REPOSITORY") ||
	       IS_NEW_KEY(env, 9, "GITHUB_WORKFLOW") || IS_NEW_KEY(env, 10, "GITHUB_WORKFLOW_REF") || IS_NEW_KEY(env, 11, "GITHUB_REF") ||
	       IS_NEW_KEY(env, 12, "GITHUB_SHA") || IS_NEW_KEY(env, 13, "GITHUB_EVENT_NAME");
}

/* Of e2e/engines/agents, as docs/agents.md tells, and of GitHub's Copilot. */
static __always_inline bool is_new_agent_key(struct environment *env)
{
	return IS_NEW_KEY(env, 16, "CLAUDE_CODE_SESSION_ID") || IS_NEW_KEY(env, 17, "CODEX_SESSION_ID") ||
	       IS_NEW_KEY(env, 18, "CODEX_THREAD_ID") || IS_NEW_KEY(env, 19, "CODEX_TOOL_CALL_ID") || IS_NEW_KEY(env, 20, "CODEX_VERSION") ||
	       IS_NEW_KEY(env, 21, "COPILOT_AGENT_SESSION_ID") || IS_NEW_KEY(env, 22, "COPILOT_AGENT_RUNTIME_VERSION");
}

/* Leaves the length of the wanted key that the chunk begins with, '=' included, or 0. */
static __always_inline void match_key(struct environment *env)
{
	bool step = env->wanted & VARIABLES_OF_STEP, agent = env->wanted & VARIABLES_OF_AGENT;

	env->key_len = 0;
	if (env->chunk[0] == 'T')
		IS_NEW_KEY(env, 15, "TRACEPARENT");
	else if (step && env->chunk[0] == 'G')
		is_new_github_key(env);
	else if (step && env->chunk[0] == 'R')
		IS_NEW_KEY(env, 14, "RUNNER_NAME");
	else if (agent && env->chunk[0] == 'A')
		IS_NEW_KEY(env, 23, "AI_AGENT");
	else if (agent && env->chunk[0] == 'C')
		is_new_agent_key(env);
}

/* Copies the variable, its value cut at ENV_VALUE_BYTES, and its NUL. size counts the chunk's NUL. */
static __always_inline void take_variable(struct environment *env, __u32 key_len, __u32 size)
{
	__u32 most = key_len + ENV_VALUE_BYTES + 1, to = env->taken_len, last;

	if (size > most) {
		size = most;
		env->incomplete = 1;
	}
	if (to > ENV_BYTES - ENV_CHUNK_BYTES) {
		env->incomplete = 1;
		return;
	}
	if (size < 1 || size > ENV_CHUNK_BYTES)
		return;
	bpf_probe_read_kernel(&env->taken[to], size, env->chunk);
	env->taken_len = to + size;
	last = to + size - 1;
	barrier_var(last);
	env->taken[last & (ENV_BYTES - 1)] = 0; /* the mask is for kernel 6.1, which does not see that last is in range */
}

static long next_variable(__u32 i, void *context)
{
	struct environment *env = *(struct environment **)context;
	long size;
	bool whole;

	if (env->position >= env->end)
		return 1;
	size = bpf_probe_read_user_str(env->chunk, sizeof(env->chunk), (void *)env->position);
	if (size < 1) {
		env->incomplete = 1;
		return 1;
	}
	/* A string that just fits reads like one that was cut; its NUL is then what the next turn finds. */
	whole = size < ENV_CHUNK_BYTES;
	if (!env->inside) {
		match_key(env);
		if (env->key_len)
			take_variable(env, env->key_len, size);
	}
	env->position += whole ? size : size - 1;
	env->inside = !whole;
	return 0;
}

static __always_inline void read_environment(struct environment *env, struct mm_struct *mm, __u32 wanted)
{
	struct environment *context = env;

	env->wanted = wanted;
	env->position = BPF_CORE_READ(mm, env_start);
	env->end = BPF_CORE_READ(mm, env_end);
	env->taken_len = 0;
	env->seen = 0;
	env->inside = 0;
	env->incomplete = 0;
	bpf_loop(MAX_VARIABLES, next_variable, &context, 0);
	if (env->position < env->end)
		env->incomplete = 1;
}

#endif
