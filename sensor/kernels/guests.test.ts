import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { decodeFrame } from '../decode/decode-frame.ts';
import { FrameSplitter } from '../decode/frame-splitter.ts';
import type { ProbeEvent } from '../decode/probe-events.ts';
import { actor } from '../probe/testing/actor.ts';
import { fileActor } from '../probe/testing/file-actor.ts';
import { probe } from '../probe/testing/machine.ts';
import type { Observation } from '../probe/testing/observe.ts';
import { kernelCases } from './cases.ts';
import { type DoctorReport, parseDoctor } from './doctor-report.ts';
import { logFolder, runGuest } from './guest.ts';
import { overBudget } from './instructions.ts';
import type { KernelCase } from './kernel-case.ts';
import { splitObservations } from './split-observations.ts';

interface Boot {
  readonly series: string;
  readonly lsm: boolean;
}

const boots: readonly Boot[] = ['6.1', '6.12'].flatMap((series) => [
  { series, lsm: true },
  { series, lsm: false },
]);

const guestActor = '/actor';
const guestFileActor = '/file-actor';
const files = { '/probe': probe, [guestActor]: actor, [guestFileActor]: fileActor };

/** Under emulation the loading of the programs takes longest, so one probe tells of all cases that want the same of it. */
const groups = [
  { deed: 'watch', cases: kernelCases.filter(({ files }) => !files) },
  { deed: 'watch-files', cases: kernelCases.filter(({ files }) => files === true) },
  { deed: 'watch-files-auto', cases: kernelCases.filter(({ files }) => files === 'auto') },
];

for (const boot of boots) {
  test(`Debian's ${boot.series}, ${boot.lsm ? 'with' : 'without'} the BPF LSM`, async (context) => {
    const modules = `landlock,lockdown,yama,apparmor${boot.lsm ? ',bpf' : ''}`;
    const name = `${boot.series}-${boot.lsm ? 'lsm' : 'no-lsm'}`;
    const output = await runGuest({ name, series: boot.series, commandLine: `lsm=${modules}`, files, work: work() });
    await checkGuest(context, boot, readOutput(name, output));
  });
}

/** Each part of the output begins with a line of its own. */
function work(): string[] {
  const watches = groups.map(({ deed, cases }) => {
    const words = cases.map((each) =>
      each
        .commands(guestActor, guestFileActor)
        .map((command) => command.map(quote).join(' '))
        .join(" ';' "),
    );
    const watch = `${guestActor} ${deed} /tmp/told /probe /sys/fs/cgroup/case ${words.join(" ';;' ")}`;
    return `${watch}; echo @told $?; base64 /tmp/told`;
  });
  return ['mkdir /sys/fs/cgroup/case', 'echo @doctor', '/probe doctor --files', ...watches];
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

interface Output {
  readonly doctor: DoctorReport;
  readonly told: ReadonlyMap<KernelCase, Observation>;
}

function readOutput(name: string, output: string): Output {
  const [doctor = '', ...told] = output.split(/^@(?:doctor|told 0)$/m).slice(1);
  assert.equal(told.length, groups.length, `not every case came to its end:\n${output.slice(0, 2000)}`);
  // For sensor/kernels/budget.
  writeFileSync(join(logFolder, `${name}.doctor.json`), `${doctor.trim()}\n`);
  const pairs = groups.flatMap(({ cases }, index) => {
    const observations = splitObservations(decode(told[index] ?? ''));
    return cases.map((each, nth) => [each, observations[nth] as Observation] as const);
  });
  return { doctor: parseDoctor(doctor), told: new Map(pairs) };
}

function decode(base64: string): ProbeEvent[] {
  const decoded = new FrameSplitter().push(Buffer.from(base64, 'base64')).map(decodeFrame);
  return decoded.map((event) => (typeof event === 'string' ? assert.fail(`a frame is ${event}`) : event));
}

async function checkGuest(context: TestContext, boot: Boot, { doctor, told }: Output): Promise<void> {
  await context.test(`every program loads on ${doctor.kernel}, and its effect is seen`, () => {
    assert.ok(doctor.kernel.startsWith(`${boot.series}.`), doctor.kernel);
    assert.deepEqual([doctor.armed, doctor.reason, doctor.tier], [true, undefined, boot.lsm ? 'lsm' : 'trampoline']);
    assert.ok(Object.values(doctor.hooks).every((seen) => seen !== false));
  });
  await context.test('no program is over its budget of verified instructions', () => {
    assert.deepEqual(overBudget(doctor.programs), []);
  });
  for (const [{ title, check }, observation] of told) await context.test(title, () => check(observation, guestActor));
}
