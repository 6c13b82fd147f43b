import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { scratchFolder } from '../probe/testing/actor.ts';
import { skip } from '../probe/testing/machine.ts';
import { type FaultPod, startFaultPod, until } from './testing/fault-pod.ts';
import { jobSpan } from './testing/verdict.ts';

/** By where it lies an agent; a shell otherwise. */
const codex = join(scratchFolder, 'node_modules/@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex');
mkdirSync(dirname(codex), { recursive: true });
copyFileSync('/bin/bash', codex);
const session = '0199a213-81c0-7800-8aa1-bbab2a035a53';

/** A step's agent that runs one command after the other, each with an id of its own, until a file says that it is enough. */
function startAgent(pod: FaultPod): Promise<unknown> {
  const ids = `CODEX_SESSION_ID=${session} CODEX_THREAD_ID=${session} CODEX_TOOL_CALL_ID=$n`;
  const loop = `i=0; while [ ! -e enough ]; do i=$((i+1)); n=$(cat id)-$i; ${ids} /bin/bash -c ": $n; :"; sleep 0.05; done`;
  writeFileSync(join(pod.folder, 'agent.sh'), loop);
  writeFileSync(join(pod.folder, 'id'), 'before');
  return pod.runJob(`GITHUB_ACTION=one GITHUB_RUN_ID=7 /bin/sh -c '${codex} agent.sh; true'; exit 100`);
}

/** Ids of the commands that the gateway knows. */
function callIds({ gateway }: FaultPod): string[] {
  return [...gateway.spans.values()].map(({ attributes }) => String(attributes['gen_ai.tool.call.id'] ?? ''));
}

test('commands of an agent have their ids also after Node was killed, and the session keeps its own', {
  skip,
}, async () => {
  await using pod = await startFaultPod();
  const job = startAgent(pod);
  await until(() => callIds(pod).some((id) => id.startsWith('before-')));
  process.kill(pod.node, 'SIGKILL');
  await until(() => pod.armed === 2);
  writeFileSync(join(pod.folder, 'id'), 'after');
  await until(() => callIds(pod).some((id) => id.startsWith('after-')));
  writeFileSync(join(pod.folder, 'enough'), '');
  await job;
  await jobSpan(pod);
  await pod.end();
  const agent = [...pod.gateway.spans.values()].find(({ name }) => name === 'invoke_agent codex');
  assert.equal(agent?.attributes['gen_ai.conversation.id'], session);
});
