import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { namesCount, questionsCount } from '../../crds/attributes.ts';
import type { DnsEvent, OpeningEvent } from '../decode/name-events.ts';
import { pushAll, record, spanNamed } from '../lineage/testing/recording.ts';
import { skip } from '../probe/testing/machine.ts';
import { type Observation, observe, type Run } from '../probe/testing/observe.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import { parseDnsMessage } from './dns-message.ts';
import { DnsMessages } from './dns-messages.ts';
import { beginLookup } from './lookup.ts';
import { Names } from './names.ts';
import { readOpening } from './opening.ts';
import { asker, makeNetwork, type Network } from './testing/network.ts';

const port = '8080';
let network: Network;

before(async () => {
  if (skip === false) network = await makeNetwork();
});
after(() => network?.[Symbol.asyncDispose]());

const within = (act: (run: Run) => Promise<unknown>) => observe((run) => act(network.within(run)));
const dnsOf = ({ events }: Observation) => events.filter((event): event is DnsEvent => event.kind === 'dns');
const openingsOf = ({ events }: Observation) =>
  events.filter((event): event is OpeningEvent => event.kind === 'opening');

/** The spans of what commands did, which all ended well, or with the status given. */
async function spansOf(...commands: (readonly string[])[]): Promise<FinishedSpan[]> {
  return spansEnding(0, ...commands);
}

async function spansEnding(status: number, ...commands: (readonly string[])[]): Promise<FinishedSpan[]> {
  const codes: (number | null)[] = [];
  const { events } = await within(async (run) => {
    for (const command of commands) codes.push((await run(command)).code);
  });
  assert.deepEqual(
    codes,
    commands.map(() => status),
  );
  return tell(events);
}

function tell(events: Observation['events']): FinishedSpan[] {
  const { pipeline, spans } = record({ engine: 'generic' });
  pushAll(pipeline, events);
  pipeline.finish(BigInt(Date.now()) * 1_000_000n);
  return spans;
}

/** TCP connections to the server of anything, by name: the C library also connects datagram sockets, to choose an address. */
const reached = (spans: readonly FinishedSpan[]) =>
  spans
    .filter(({ name, attributes }) => attributes['network.transport'] === 'tcp' && name.endsWith(`:${port}`))
    .map(({ name }) => name);
const lookups = (spans: readonly FinishedSpan[]) =>
  spans.filter(({ name }) => name.startsWith('DNS lookup')).map(({ name }) => name);

test('a program that resolves a name and connects is told by that name, whatever the case', { skip }, async () => {
  const spans = await spansOf([asker, 'resolve', 'oNe.TEST', port]);
  const { attributes, events } = spanNamed(spans, `connect one.test:${port}`);
  assert.deepEqual([attributes['network.peer.address'], attributes['chaperone.name.asker']], ['127.0.1.1', 'process']);
  assert.deepEqual(events[0]?.attributes['dns.answers'], ['127.0.1.1']);
  assert.deepEqual(lookups(spans), []);
});

test('aliases, each of several addresses, and IPv6 lead to the name that was asked for', { skip }, async () => {
  const spans = await spansOf(
    [asker, 'resolve', 'alias.test', port],
    [asker, 'resolve', 'several.test', port, '1'],
    [asker, 'resolve', 'several.test', port, '2'],
    [asker, 'resolve', 'six.test', port],
  );
  const names = ['alias.test', 'several.test', 'several.test', 'six.test'].map((name) => `connect ${name}:${port}`);
  assert.deepEqual(reached(spans), names);
});

test('a question goes by UDP, connected or not, by TCP, and over IPv6', { skip }, async () => {
  const ask = (how: string, resolver: string) => [asker, 'ask', how, resolver, 'one.test', 'a', '127.0.1.1', port];
  for (const [how, resolver] of [
    ['udp', '127.0.0.1'],
    ['unconnected', '127.0.0.1'],
    ['tcp', '127.0.0.1'],
    ['udp', '::1'],
  ] as const) {
    const spans = await spansOf(ask(how, resolver));
    assert.deepEqual(reached(spans), [`connect one.test:${port}`], how);
    const [event] = spanNamed(spans, `connect one.test:${port}`).events;
    assert.equal(event?.attributes['chaperone.dns.resolver'], resolver);
  }
});

test('questions that pass through the kernel as one packet are told each', { skip }, async () => {
  const spans = await spansOf([asker, 'segments', '127.0.0.1', '40']);
  assert.deepEqual(
    lookups(spans),
    Array.from({ length: 40 }, (_, i) => `DNS lookup s${10 + i}.test`),
  );
  const job = spans.at(-1)?.attributes;
  assert.deepEqual([job?.[questionsCount], job?.['chaperone.coverage.names.unasked']], [40, 0]);
});

test("a question whose port is translated, as for Docker's resolver, is told as it was asked", { skip }, async () => {
  for (const how of ['udp', 'unconnected']) {
    const spans = await spansOf([asker, 'ask', how, '127.0.0.11', 'one.test', 'a', '127.0.1.1', port]);
    const { events } = spanNamed(spans, `connect one.test:${port}`);
    assert.equal(events[0]?.attributes['chaperone.dns.resolver'], '127.0.0.11', how);
  }
});

test('a name that does not exist, and one whose server fails, are lookups with the reason', { skip }, async () => {
  const spans = await spansEnding(3, [asker, 'resolve', 'missing.test', port], [asker, 'resolve', 'broken.test', port]);
  assert.deepEqual(lookups(spans), ['DNS lookup missing.test', 'DNS lookup broken.test']);
  const types = lookups(spans).map((name) => spanNamed(spans, name).attributes['error.type']);
  assert.deepEqual(types, ['NXDOMAIN', 'SERVFAIL']);
});

test('a forged answer names nothing: wrong id, another name, another socket, another owner', { skip }, async () => {
  const ask = (name: string, address: string) => [asker, 'ask', 'udp', '127.0.0.1', name, 'a', address, port];
  const spans = await spansOf(
    ask('wrong-id.test', '127.0.2.1'),
    ask('wrong-name.test', '127.0.2.2'),
    [asker, 'cross', '127.0.0.1', '127.0.2.3', port],
    ask('another-owner.test', '127.0.2.4'),
  );
  assert.deepEqual(
    reached(spans),
    [1, 2, 3, 4].map((last) => `connect 127.0.2.${last}:${port}`),
  );
  const job = spans.at(-1)?.attributes;
  assert.equal(job?.['chaperone.coverage.names.unasked'], 3);
});

test('a shell whose child resolves and whose other child connects is told by the step', { skip }, async () => {
  const spans = await spansOf(['sh', '-c', `${asker} find one.test && ${asker} connect 127.0.1.1 ${port}`]);
  assert.equal(spanNamed(spans, `connect one.test:${port}`).attributes['chaperone.name.asker'], 'step');
});

test('two names of one address are told as candidates', { skip }, async () => {
  const script = `${asker} find one.test; ${asker} find twin.test; ${asker} connect 127.0.1.1 ${port}`;
  const span = spanNamed(await spansOf(['sh', '-c', script]), `connect 127.0.1.1:${port}`);
  assert.deepEqual(span.attributes['chaperone.name.candidates'], ['one.test', 'twin.test']);
});

test('the first bytes of a TLS client and of a client of a proxy tell whom they mean', { skip }, async () => {
  const tls = `require('tls').connect({host:'127.0.0.1',port:${port},servername:'registry.test'}).on('error',()=>{}).setTimeout(200,function(){this.destroy()})`;
  const proxy = `require('net').connect(${port},'127.0.0.1').end('CONNECT github.test:443 HTTP/1.1\\r\\nHost: github.test:443\\r\\n\\r\\n')`;
  const spans = await spansOf([process.execPath, '-e', tls], [process.execPath, '-e', proxy]);
  const told = spans.filter(({ name }) => name === `connect 127.0.0.1:${port}`).map(({ attributes }) => attributes);
  assert.deepEqual(
    told.map((attributes) => [attributes['chaperone.tls.server_name'], attributes['chaperone.proxy.target']]),
    [
      ['registry.test', undefined],
      [undefined, 'github.test:443'],
    ],
  );
});

test('a TLS name chooses among several names of the address, and cannot rename a connection', { skip }, async () => {
  const tls = (name: string) =>
    `const d=require('dns').promises;(async()=>{await d.resolve4('one.test');await d.resolve4('twin.test');require('tls').connect({host:'127.0.1.1',port:${port},servername:'${name}'}).on('error',()=>{}).setTimeout(200,function(){this.destroy()})})()`;
  const chosen = spanNamed(await spansOf([process.execPath, '-e', tls('twin.test')]), `connect twin.test:${port}`);
  assert.equal(chosen.attributes['chaperone.name.source'], 'tls');
  const claimed = spanNamed(await spansOf([process.execPath, '-e', tls('github.test')]), `connect 127.0.1.1:${port}`);
  assert.deepEqual(claimed.attributes['chaperone.name.candidates'], ['one.test', 'twin.test']);
});

test('a hello in two pieces and later payload tell nothing; only the first payload is looked at', {
  skip,
}, async () => {
  const pieces = `const s=require('net').connect(${port},'127.0.0.1',()=>{s.setNoDelay();s.write(Buffer.from('160301020001','hex'));setTimeout(()=>s.end('CONNECT a.test:1 HTTP/1.1\\r\\n'),100)})`;
  const told = await within((run) => run([process.execPath, '-e', pieces]));
  assert.deepEqual(
    openingsOf(told).map(({ bytes, sent }) => readOpening(bytes, sent)),
    [],
  );
});

test('ten thousand names: as many are told as were asked for, and each connection has its own', { skip }, async () => {
  const count = 10_000;
  let code: number | null = null;
  const told = await within(async (run) => {
    code = (await run([asker, 'storm', `${count}`, port])).code;
  });
  assert.equal(code, 0, 'the storm counts itself');
  const messages = new DnsMessages();
  const questions = dnsOf(told)
    .filter(({ direction }) => direction === 'sent')
    .flatMap((event) => messages.in(event).map(parseDnsMessage));
  assert.equal(new Set(questions.map((question) => question?.name)).size, count);
  assert.deepEqual([told.stats.lost.dns, told.stats.probeDropped.dns], [0, 0]);
  assert.equal(told.stats.produced.dns, 2 * questions.length);
  assert.equal(namedRightly(told), count);
  const job = tell(told.events).at(-1)?.attributes;
  assert.deepEqual([job?.[namesCount], job?.[questionsCount]], [count, questions.length]);
});

/** Storm connections whose name, at that moment and in the kernel's order, is the one whose number is in the address. */
function namedRightly({ events }: Observation): number {
  const names = new Names();
  const scope = {};
  let right = 0;
  for (const event of events) {
    if (event.kind === 'dns') names.hear(event, { scope, image: event.image, lookUp: beginLookup });
    if (event.kind !== 'connect' || event.port !== Number(port)) continue;
    const [, , high = '', low = ''] = event.address.split('.');
    const origin = names.originOf(event.address, scope, [event.image]);
    const name = `n${Number(high) * 256 + Number(low)}.storm.test`;
    if (origin?.lookups.length === 1 && origin.lookups[0]?.name === name) right += 1;
  }
  return right;
}
