import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type FaultPod, startFaultPod, until } from '../../faults/testing/fault-pod.ts';
import { assertAccountCloses, jobSpan } from '../../faults/testing/verdict.ts';
import { skip } from '../../probe/testing/machine.ts';
import type { FinishedSpan } from '../../spans/finished-span.ts';

/**
 * Executes a script into the pod as the runner's container hooks do (runner-container-hooks 0.8, packages/k8s: writeEntryPointScript in utils.ts, run-script-step.ts):
 * an entry script in the work folder's `_temp`, whose shell becomes `env`, which becomes the step's shell.
 */
async function runScriptStep(pod: FaultPod, action: string, guid: string, script: string): Promise<number | null> {
  const temporary = join(pod.folder, '_temp');
  mkdirSync(temporary, { recursive: true });
  const [entry, body] = [join(temporary, `${randomUUID()}.sh`), join(temporary, `${randomUUID()}.sh`)];
  const variables = {
    GITHUB_ACTION: action,
    GITHUB_OUTPUT: `/__w/_temp/_runner_file_commands/set_output_${guid}`,
    GITHUB_REPOSITORY: 'octo/service',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '9753949763',
    INPUT_KEY: 'value-of-an-input',
  };
  const assignments = Object.entries(variables).map(([name, value]) => `"${name}=${value}"`);
  writeFileSync(body, script);
  writeFileSync(entry, `#!/bin/sh -l\n\ncd ${pod.folder} && exec env ${assignments.join(' ')}  sh -e ${body}\n`);
  for (const file of [entry, body]) chmodSync(file, 0o755);
  return (await pod.enter(['/bin/sh', '-e', entry])).code;
}

test('steps that are executed into a running pod are told by name and GUID, with what each started and left behind', {
  skip,
}, async () => {
  await using pod = await startFaultPod();
  const [first, second] = [randomUUID(), randomUUID()];
  pod.startContainer(['/usr/bin/tail', '-f', '/dev/null']);
  await pod.enter(['/bin/sh', '-c', 'mkdir -p /tmp && tr a b </dev/null']);
  const left = '(read x <gate; sort </dev/null) >/dev/null 2>&1 &';
  assert.equal(await runScriptStep(pod, 'build', first, `head -c 1 /dev/null\n${left}`), 0);
  assert.equal(await runScriptStep(pod, 'test', second, 'wc -c </dev/null\nexit 3'), 3);
  await pod.openGate();
  const named = (name: string) => [...pod.gateway.spans.values()].find((span) => span.name === name);
  await until(() => ['build', 'test', 'sort'].every((name) => named(name) !== undefined));
  await pod.end();
  const job = await jobSpan(pod);
  assertAccountCloses(job);
  assert.equal(job.traceId, '0bd0afbe17036e89e4a05c993dace1da');
  assert.deepEqual(
    ['build', 'test'].map((name) => named(name)?.attributes['chaperone.step.invocation']),
    [first, second],
  );
  assert.deepEqual(
    ['build', 'test'].map((name) => named(name)?.attributes['cicd.pipeline.task.run.result']),
    ['success', 'failure'],
  );
  const stepOf = (name: string) => stepAbove(pod, named(name));
  assert.deepEqual([stepOf('head'), stepOf('sort'), stepOf('wc'), stepOf('tr')], ['build', 'build', 'test', null]);
  assert.ok(![...pod.gateway.spans.values()].some(({ attributes }) => JSON.stringify(attributes).includes('value-of')));
});

/** The name of the step that a span is below. */
function stepAbove({ gateway }: FaultPod, span: FinishedSpan | undefined): string | null {
  if (span === undefined) return null;
  const isStep = span.attributes['chaperone.step.ordinal'] !== undefined;
  return isStep ? span.name : stepAbove({ gateway } as FaultPod, gateway.spans.get(span.parentSpanId ?? ''));
}
