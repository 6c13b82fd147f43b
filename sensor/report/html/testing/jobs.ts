import type { Attributes, FinishedSpan } from '../../../spans/finished-span.ts';
import { JobBuilder } from '../../testing/job.ts';

/** Texts that mean something to a parser of HTML, of JavaScript or of a terminal. */
const hostileTexts: readonly string[] = [
  '<img src=x onerror="globalThis.pwned=1">',
  '</script><script>globalThis.pwned=1</script>',
  '<!--<script>',
  '</style><iframe srcdoc="<script>parent.pwned=1</script>">',
  '\u202etxt.exe\u2066\u200b\u2028\u2029',
  '\x1b[2J\x07\0\r\n\t',
  'javascript:globalThis.pwned=1',
  '__proto__',
  '\ud800"\'`$\u007bglobalThis.pwned=1}',
];

/** A job with such a text in every field that a job can write, and in those that it cannot. */
export function hostileJob(): { spans: readonly FinishedSpan[]; resource: Attributes } {
  const at = new JobBuilder();
  for (const text of hostileTexts) addHostile(at, text);
  const resource: Attributes = Object.fromEntries(hostileTexts.map((text) => [text, text]));
  for (const name of [
    'cicd.pipeline.name',
    'service.name',
    'k8s.pod.name',
    'chaperone.sensor.tier',
    'chaperone.sensor.reason',
  ])
    resource[name] = hostileTexts.join('');
  return { spans: at.spans, resource: { ...resource, 'chaperone.sensor.armed': false } };
}

function addHostile(at: JobBuilder, text: string): void {
  const attributes = { [text]: text, 'process.working_directory': text, 'error.type': text };
  const result = { ...attributes, 'cicd.pipeline.task.run.result': text, [`chaperone.coverage.${text}`]: 1 };
  const counts = { [`chaperone.coverage.${text.replaceAll('.', '')}.${text.replaceAll('.', '')}`]: 2 };
  const job = at.job(text, 0, 2, { error: { message: text }, attributes: { ...result, ...counts } });
  const step = at.step(job, text, 0, 2, { error: { message: text }, attributes: result });
  const process = at.process(step, [text, text], 0, 1, { error: {}, attributes });
  const event = {
    time: process.start,
    attributes: { ...attributes, 'file.path': `/${text}/${text}`, 'chaperone.file.operation': text },
  };
  process.events.push(
    { name: text, ...event },
    { name: 'chaperone.file.change', ...event },
    { name: 'chaperone.file.read', ...event },
  );
  const peer = { ...attributes, 'network.peer.address': text };
  at.connection(process, text, 443, 1, 1, { outcome: text, attributes: peer });
  at.accepted(process, text, 1);
  at.lookup(process, text, 1, text);
  const agent = at.agent(process, text, 1, { attributes: { ...attributes, 'chaperone.agent.hosts': [text] } });
  at.mcpServer(agent, text, 0, 2, { attributes });
  at.process(at.toolCall(agent, text, 0, 2, { attributes }), [text], 0, 2);
  const rule = { ...attributes, 'security_rule.name': text, 'chaperone.policy.verdict': text, 'server.address': text };
  at.other(process, text, 1, { attributes: rule });
}

/** A job of about this many spans: steps that compile, fetch and test. */
export function largeJob(spans: number): JobBuilder {
  const at = new JobBuilder();
  const length = spans / 10;
  const job = at.job('build', 0, length, {
    attributes: { 'chaperone.coverage.produced.exec': spans, 'chaperone.coverage.lost.exec': 0 },
  });
  const steps = 10;
  for (let step = 0; step < steps; step += 1)
    addStep(at, job, step, { from: (length / steps) * step, spans: spans / steps });
  return at;
}

function addStep(
  at: JobBuilder,
  job: FinishedSpan,
  ordinal: number,
  { from, spans }: { from: number; spans: number },
): void {
  const to = from + spans / 10;
  const shell = at.process(
    at.step(job, `Step ${ordinal + 1}: compile and test`, from, to),
    ['bash', '-e', `/tmp/${ordinal}.sh`],
    from,
    to,
  );
  let make = shell;
  for (let index = 0; index < spans - 2; index += 1) {
    const start = from + index / 10;
    if (index % 20 === 0) make = at.process(shell, ['make', '-C', `module-${index / 20}`], start, start + 2);
    else if (index % 10 === 5) at.connection(make, `host-${index % 7}.example.com`, 443, start);
    else at.process(make, ['/usr/bin/cc', '-O2', '-c', `src/module-${ordinal}/file-${index}.c`], start, start + 0.3);
  }
}
