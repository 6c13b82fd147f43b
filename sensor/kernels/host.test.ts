import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { actor } from '../probe/testing/actor.ts';
import { fileActor } from '../probe/testing/file-actor.ts';
import { probe, skip } from '../probe/testing/machine.ts';
import { observe } from '../probe/testing/observe.ts';
import { kernelCases } from './cases.ts';
import { parseDoctor } from './doctor-report.ts';
import { overBudget } from './instructions.ts';

for (const { title, commands, check, guestOnly, files } of kernelCases) {
  if (guestOnly) continue;
  test(`on this kernel, ${title}`, { skip }, async () => {
    const told = await observe(
      async (run) => {
        for (const command of commands(actor, fileActor)) await run(command);
      },
      files === undefined ? [] : [files === true ? '--files' : '--files=auto'],
    );
    check(told, actor);
  });
}

test('on this kernel, no program is over its budget of verified instructions', { skip }, () => {
  const { programs } = parseDoctor(execFileSync(probe, ['doctor', '--files'], { encoding: 'utf8' }));
  assert.ok(Object.keys(programs).length > 0);
  assert.deepEqual(overBudget(programs), []);
});
