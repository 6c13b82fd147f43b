import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRunOptions } from './run-options.ts';

test('what follows -- belongs to the command, whatever it looks like', () => {
  const options = parseRunOptions(['--quiet', '--', 'act', '--help', '--', '--otlp']);
  assert.deepEqual(options, {
    command: ['act', '--help', '--', '--otlp'],
    engine: 'act',
    otlp: null,
    out: 'chaperone-out',
    quiet: true,
    files: 'Auto',
    agentTelemetry: false,
  });
});

test('help is ours only before --', () => {
  assert.equal(parseRunOptions(['-h']), 'help');
  assert.equal(parseRunOptions(['--quiet', '--help', '--', 'make']), 'help');
  assert.notEqual(parseRunOptions(['--', 'make', '--help']), 'help');
});

test('the engine comes from the name of the command, unless it is named', () => {
  const engineOf = (...args: string[]) => {
    const options = parseRunOptions(args);
    return options === 'help' ? options : options.engine;
  };
  assert.equal(engineOf('--', '/opt/bin/act', 'push'), 'act');
  assert.equal(engineOf('--', 'actual'), 'generic');
  assert.equal(engineOf('--engine', 'act', '--', './ci'), 'act');
  assert.equal(engineOf('--engine=generic', '--', 'act'), 'generic');
});

test('an endpoint without a path gets the one of OTLP/HTTP', () => {
  const endpointOf = (url: string) => {
    const options = parseRunOptions(['--otlp', url, '--', 'make']);
    return options === 'help' ? options : options.otlp;
  };
  assert.equal(endpointOf('http://localhost:4318'), 'http://localhost:4318/v1/traces');
  assert.equal(
    endpointOf('https://collector.example.com/tenant/v1/traces'),
    'https://collector.example.com/tenant/v1/traces',
  );
});

const wrongUses: [string[], RegExp][] = [
  [[], /Name a command after --/],
  [['--'], /Name a command after --/],
  [['--', ''], /Name a command after --/],
  [['make', 'test'], /Put -- before the command: chaperone run -- make test/],
  [['make', '--', 'test'], /Put -- before the command/],
  [['--policy', 'x.yaml', '--', 'make'], /Unknown option '--policy'/],
  [['--engine', 'jenkins', '--', 'make'], /no engine 'jenkins'; there are act and generic/],
  [['--engine', '--', 'make'], /Option '--engine/],
  [['--otlp', 'localhost:4318', '--', 'make'], /needs an http or https address/],
  [['--otlp', 'ftp://example.com', '--', 'make'], /needs an http or https address/],
  [['--otlp=\x1b]0;owned', '--', 'make'], /not '\\x1b]0;owned'/],
  [['--out', '', '--', 'make'], /--out needs the name of a folder/],
  [['--out', 'a', '--out', 'b', '--', 'make'], /Give --out only once/],
  [['--quiet=yes', '--', 'make'], /does not take an argument/],
];

for (const [args, message] of wrongUses) {
  test(`refuses: chaperone run ${args.map((word) => JSON.stringify(word)).join(' ')}`, () => {
    assert.throws(() => parseRunOptions(args), { code: 'usage', message });
    assert.throws(() => parseRunOptions(args), { message: /see chaperone run --help$/ });
  });
}
