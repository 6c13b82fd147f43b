import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Attributes, FinishedSpan } from '../../spans/finished-span.ts';
import { tell } from '../story.ts';
import { summarize } from '../summary.ts';
import { JobBuilder } from '../testing/job.ts';
import { embeddedJson, reportDocument } from './document.ts';
import type { ReportData } from './model/report-data.ts';
import { search, searchIndex } from './model/search.ts';
import { parentsOf, sizesOf } from './model/tree.ts';
import { reportData } from './report-data.ts';
import { hostileJob } from './testing/jobs.ts';

function dataOf(spans: readonly FinishedSpan[], attributes: Attributes = {}): ReportData {
  const summary = summarize(tell(spans), { spans, resource: attributes, delivered: null, files: {} });
  return reportData({ attributes, spans }, summary);
}

function buildJob(): JobBuilder {
  const at = new JobBuilder();
  const job = at.job('build', 0, 40, {
    attributes: { 'chaperone.coverage.lost.exec': 0, 'chaperone.coverage.gaps': 0 },
  });
  const shell = at.process(at.step(job, 'Install', 4, 24), ['bash', '-e', '/tmp/1.sh'], 4, 24);
  const npm = at.process(shell, ['npm', 'ci'], 5, 24);
  at.connection(npm, 'npm.example.com', 443, 6, 88);
  at.connection(npm, '192.0.2.1', 443, 7, 1, { outcome: 'refused' });
  at.folded(npm, 'node', 140, 8, 23);
  return at;
}

const textOf = ({ text }: { readonly text: string }) => text;

test('the nodes are the tree of the spans, each with its place in time', () => {
  const { nodes, title, duration } = dataOf(buildJob().spans, { 'cicd.pipeline.name': 'CI' });
  assert.deepEqual(
    nodes.map(({ depth, size, label, start, end }) => [depth, size, label, start, end]),
    [
      [0, 6, 'CI / build', 0, 40_000],
      [1, 5, 'Install', 4_000, 24_000],
      [2, 4, 'bash -e /tmp/1.sh', 4_000, 24_000],
      [3, 3, 'npm ci', 5_000, 24_000],
      [4, 0, '→ npm.example.com:443 (88×)', 6_000, 6_000],
      [4, 0, '→ 192.0.2.1:443', 7_000, 7_000],
      [4, 0, 'node ×140', 8_000, 23_000],
    ],
  );
  assert.deepEqual([title, duration], ['CI / build', 40_000]);
});

test('any spans at all stand in the tree once each, and sizes agree with depths', () => {
  const parents = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(parents, (links) => {
      const at = new JobBuilder();
      const job = at.job('ci', 0, 1);
      const spans = at.processesUnder(job, links);
      const { nodes } = dataOf([job, ...spans]);
      assert.equal(nodes.length, links.length + 1);
      assert.deepEqual(
        nodes.map(({ size }) => size),
        sizesOf(parentsOf(nodes)),
      );
    }),
  );
});

test('a host is one row with its ports, outcomes and bytes', () => {
  const at = new JobBuilder();
  const curl = at.process(at.step(at.job('job', 0, 2), 'step', 0, 2), ['curl'], 0, 1);
  const peer = {
    'network.peer.address': '198.51.100.7',
    'chaperone.bytes.sent': 100,
    'chaperone.bytes.received': 2_000,
  };
  at.connection(curl, 'github.com', 443, 0, 1, { outcome: 'established', attributes: peer });
  at.connection(curl, 'github.com', 80, 1, 3, { outcome: 'timed_out' });
  at.connection(curl, '2001:db8::1', 443, 1);
  const { hosts } = dataOf(at.spans);
  assert.deepEqual(hosts[0], {
    host: 'github.com',
    addresses: ['198.51.100.7'],
    ports: ['443', '80'],
    connections: 4,
    failed: 3,
    outcomes: ['timed out 3', 'established 1'],
    sent: 100,
    received: 2_000,
    nodes: [3, 4],
  });
  assert.deepEqual(hosts[1], {
    ...hosts[1],
    host: '2001:db8::1',
    outcomes: [],
    sent: null,
    received: null,
    nodes: [5],
  });
});

test('hosts are in the order that people count in, and those without a row of their own come last and are no host', () => {
  const at = new JobBuilder();
  const curl = at.process(at.step(at.job('job', 0, 2), 'step', 0, 2), ['curl'], 0, 1);
  const folded = { attributes: { 'chaperone.connections.failed.count': 2 } };
  for (const host of ['127.0.0.10', '127.0.0.9']) at.connection(curl, host, 443, 1, 5, folded);
  at.spans.push({
    ...at.connection(curl, 'x', 1, 1, 400),
    name: '(other)',
    attributes: { 'aggregation.span_count': 400 },
  });
  const { hosts, hostCount } = dataOf(at.spans.filter(({ name }) => name !== 'connect x:1'));
  assert.deepEqual(
    hosts.map(({ host }) => host),
    ['127.0.0.9', '127.0.0.10', '(other)'],
  );
  assert.deepEqual([hostCount, hosts[0]?.outcomes], [2, ['told together 3', 'failed 2']]);
});

test('a script is called as it was typed, without the interpreter that the kernel put before it', () => {
  const at = new JobBuilder();
  const step = at.step(at.job('job', 0, 2), 'step', 0, 2);
  const script = { attributes: { 'chaperone.process.script': '/w/tools/compile' } };
  at.process(step, ['/bin/bash', '/w/tools/compile', 'a.c'], 0, 1, script);
  at.process(step, ['/usr/bin/env', 'bash', '/w/tools/compile'], 0, 1, script);
  at.process(step, ['/bin/bash', 'a', 'b', '/w/tools/compile'], 0, 1, script);
  const [, , ...processes] = dataOf(at.spans).nodes.map(({ label }) => label);
  assert.deepEqual(processes, ['compile a.c', 'compile', 'bash a b /w/tools/compile']);
});

test('connections that were accepted stand under who accepted them and count for no host', () => {
  const at = new JobBuilder();
  const server = at.process(at.step(at.job('job', 0, 2), 'step', 0, 2), ['httpd'], 0, 1);
  at.accepted(server, '192.0.2.9', 1);
  const { nodes, hosts, accepted, counts } = dataOf(at.spans);
  assert.deepEqual([nodes.at(-1)?.depth, nodes.at(-1)?.label], [3, '← 192.0.2.9 at 127.0.0.1:8080']);
  assert.deepEqual(
    accepted.map(({ host, addresses, ports }) => [host, addresses, ports]),
    [['127.0.0.1', ['192.0.2.9'], ['8080']]],
  );
  assert.deepEqual([hosts, counts.map(textOf)], [[], ['1 step', '1 process', 'no connections']]);
});

test('lookups stand under who asked, and by name and response', () => {
  const at = new JobBuilder();
  const curl = at.process(at.step(at.job('job', 0, 2), 'step', 0, 2), ['curl'], 0, 1);
  for (const response of ['NXDOMAIN', 'NXDOMAIN', 'NOERROR']) at.lookup(curl, 'registry.internal', 1, response);
  const { nodes, lookups } = dataOf(at.spans);
  assert.deepEqual(
    nodes.slice(3).map(({ kind, label, failed }) => [kind, label, failed]),
    [true, true, false].map((failed) => ['dns', 'DNS lookup registry.internal', failed]),
  );
  assert.deepEqual(
    lookups.map(({ response, nodes: places }) => [response, places]),
    [
      ['NXDOMAIN', [3, 4]],
      ['NOERROR', [5]],
    ],
  );
});

test('the resolver that the job was given is no host of it; one that it chose is', () => {
  const at = new JobBuilder();
  const curl = at.process(at.step(at.job('job', 0, 2), 'step', 0, 2), ['curl'], 0, 1);
  at.connection(curl, '10.96.0.10', 53, 1);
  at.spans.push({ ...at.connection(curl, 'x', 1, 1, 40), name: 'connect [fd00::a]:53', attributes: {} });
  at.connection(curl, '203.0.113.53', 53, 1);
  at.lookup(curl, 'a1b2.example.com', 1, 'NOERROR');
  const { hosts, resolvers, nodes, counts } = dataOf(at.spans.filter(({ name }) => name !== 'connect x:1'));
  const names = (rows: typeof hosts) => rows.map(({ host }) => host);
  assert.deepEqual([names(hosts), names(resolvers)], [['203.0.113.53'], ['10.96.0.10', 'fd00::a']]);
  assert.deepEqual(
    nodes[2]?.notes.map(({ text }) => text),
    ['→ 203.0.113.53:53', 'DNS a1b2.example.com'],
  );
  assert.deepEqual(counts.map(textOf), ['1 step', '1 process', '1 host']);
});

test('spans of a kind that this release does not know stand where they belong', () => {
  const at = new JobBuilder();
  const curl = at.process(at.step(at.job('job', 0, 2), 'step', 0, 2), ['curl'], 0, 1);
  at.other(curl, 'something new', 1, {});
  assert.deepEqual(
    dataOf(at.spans).nodes.map(({ depth, kind }) => [depth, kind]),
    [
      [0, 'job'],
      [1, 'step'],
      [2, 'process'],
      [3, 'other'],
    ],
  );
});

test('changes of files are told by directory, other events and findings in lists of their own', () => {
  const at = new JobBuilder();
  const totals = { 'chaperone.files.changes.workspace': 5, 'chaperone.files.changes.count': 5 };
  const step = at.step(at.job('job', 0, 2, { attributes: totals }), 'step', 0, 2);
  const event = (name: string, attributes: Attributes) => ({ name, time: step.start, attributes });
  const process = at.process(step, ['sh'], 0, 1);
  process.events.push(
    event('chaperone.file.change', { 'file.path': '/w/a', 'chaperone.file.operation': 'write', 'chaperone.count': 3 }),
    event('chaperone.file.change', { 'file.path': '/w/b', 'chaperone.file.operation': 'create' }),
    event('chaperone.file.change', { 'file.path': '/c', 'chaperone.file.operation': 'delete' }),
    event('chaperone.file.read', { 'file.path': '/root/.netrc', 'chaperone.file.secret': 'credentials' }),
    event('chaperone.memory.access', { 'chaperone.memory.cause': 'ptrace', 'process.pid': 7 }),
  );
  const attributes = {
    'security_rule.name': 'unnamed-address',
    'security_rule.description': 'Address without a name',
    'chaperone.finding.severity': 'High',
    'chaperone.finding.subject.name': '192.0.2.1:443',
    'chaperone.finding.agent.name': 'claude-code',
    'chaperone.finding.tool.name': 'Bash',
  };
  const sentences = ['sh connects to 192.0.2.1:443.', 'Look at the program.', 'To refuse it, deny it.'];
  at.other(process, 'finding unnamed-address', 1, {
    attributes: { ...attributes, 'chaperone.finding.text': sentences.join(' ') },
  });
  const { directories, activities, findings, secrets, fileTotals, nodes } = dataOf(at.spans);
  assert.deepEqual(secrets, [{ path: '/root/.netrc', kind: 'credentials', at: 0, node: 2 }]);
  assert.deepEqual(fileTotals.places, [['workspace', '5']]);
  assert.deepEqual(nodes[2]?.notes, [
    { tone: 'warning', text: 'reads /root/.netrc' },
    { tone: 'bad', text: '▲ High' },
  ]);
  assert.deepEqual(
    directories.map(({ directory, changes, operations }) => [directory, changes, operations]),
    [
      ['/w', 4, ['write 3', 'create 1']],
      ['/', 1, ['delete 1']],
    ],
  );
  assert.deepEqual(activities, [{ name: 'memory access', detail: 'cause ptrace; process.pid 7', at: 0, node: 2 }]);
  const subject = 'Address without a name: 192.0.2.1:443, Bash call of claude-code';
  assert.deepEqual(nodes[3]?.telling, sentences);
  const found = { rule: 'unnamed-address', verdict: 'High', subject };
  assert.deepEqual(findings, [{ ...found, count: 1, at: 1_000, node: 3 }]);
});

test('a file that was renamed stands where it is now, with both of its names; a link where it was made', () => {
  const at = new JobBuilder();
  const process = at.process(at.step(at.job('job', 0, 2), 'step', 0, 2), ['claude'], 0, 1);
  for (const operation of ['rename', 'symlink']) {
    const [path, target] = ['/tmp/a.ts.tmp', '/w/src/a.ts'];
    const attributes = { 'file.path': path, 'chaperone.file.operation': operation, 'chaperone.file.target': target };
    process.events.push({ name: 'chaperone.file.change', time: process.start, attributes });
  }
  assert.deepEqual(
    dataOf(at.spans).directories.map(({ directory, files }) => [directory, files.map(({ path }) => path)]),
    [
      ['/tmp', ['/tmp/a.ts.tmp']],
      ['/w/src', ['/tmp/a.ts.tmp → /w/src/a.ts']],
    ],
  );
});

test('the account shows every class and stage that the job counts', () => {
  const at = new JobBuilder();
  const counts = { 'produced.exec': 5, 'produced.other': 2, 'lost.exec': 1, 'folded.processes': 4, gaps: 1 };
  const attributes = Object.fromEntries(
    Object.entries(counts).map(([name, count]) => [`chaperone.coverage.${name}`, count]),
  );
  at.job('job', 0, 1, { attributes });
  const { account } = dataOf(at.spans, { 'chaperone.sensor.tier': 'observe' });
  assert.deepEqual(
    [account.stages, account.classes],
    [
      ['produced', 'lost'],
      ['exec', 'other'],
    ],
  );
  assert.deepEqual(account.cells, [
    [5, 1],
    [2, null],
  ]);
  assert.deepEqual(account.rest, [
    ['sensor tier', 'observe'],
    ['processes told in summary spans', '4'],
    ['numbers missing in the kernel’s sequences', '1'],
  ]);
});

test('search finds names, arguments, hosts and notes, every word of the query, whatever the case', () => {
  const { nodes } = dataOf(buildJob().spans);
  const index = searchIndex(nodes);
  const found = (query: string) => search(index, query).map((node) => nodes[node]?.label);
  assert.deepEqual(found('NPM.example'), ['npm ci', '→ npm.example.com:443 (88×)']);
  assert.deepEqual(found('/tmp/1.sh'), ['bash -e /tmp/1.sh']);
  assert.deepEqual(found('192.0.2.1 refused'), ['npm ci', '→ 192.0.2.1:443']);
  assert.deepEqual([found('  '), found('nowhere')], [[], []]);
});

test('of hostile texts in every field nothing is left that could be markup, move a cursor or turn a line around', () => {
  const data = dataOf(hostileJob().spans, hostileJob().resource);
  assert.doesNotMatch(JSON.stringify(data), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  const page = reportDocument([data], { style: 'a{}', script: 'b()' });
  assert.deepEqual(page.match(/<\/?(script|style|img|iframe|!--)/gi), [
    '<style',
    '</style',
    '<script',
    '</script',
    '<script',
    '</script',
  ]);
  const [, json = ''] = /<script type="application\/json" id="traces">(.*?)<\/script>/s.exec(page) ?? [];
  assert.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify([data])));
});

test('no text leaves its place in the document', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const json = embeddedJson({ text: `${text}</script><!--\u2028` });
      assert.doesNotMatch(json, /[<>&\u2028\u2029]/);
      assert.equal(JSON.parse(json).text, `${text}</script><!--\u2028`);
    }),
  );
});

test('the policy of the page names the one script and the one style by what they hold', () => {
  const page = reportDocument([], { style: 'a{}', script: 'b()' });
  assert.match(page, /default-src 'none'; style-src 'sha256-[\w+/]{43}='; script-src 'sha256-[\w+/]{43}=';/);
});

test('a forged trace of 30,000 nested steps is told all the same', () => {
  const at = new JobBuilder();
  const job = at.job('ci', 0, 1);
  const step = at.step(job, 'step', 0, 1);
  const id = (index: number) => index.toString(16).padStart(16, 'a');
  const chain = Array.from({ length: 30_000 }, (_, index) => ({
    ...step,
    spanId: id(index),
    parentSpanId: index === 0 ? job.spanId : id(index - 1),
  }));
  assert.equal(dataOf([job, ...chain]).nodes.length, 30_001);
});
