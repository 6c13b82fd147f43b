import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEnvironment } from './config.ts';
import { lookOf } from './terminal.ts';

test("a terminal's own width counts, elsewhere COLUMNS, else a hundred columns", () => {
  const env = (columns?: string) => readEnvironment(columns === undefined ? {} : { COLUMNS: columns });
  const [terminal, pipe] = [
    { isTTY: true, columns: 57 },
    { isTTY: false, columns: 57 },
  ];
  assert.equal(lookOf(terminal, env('200')).width, 57);
  assert.equal(lookOf(pipe, env('200')).width, 200);
  assert.equal(lookOf(pipe, env()).width, 100);
});

test('colours are for terminals that want them', () => {
  const isColored = (isTTY: boolean, env: NodeJS.ProcessEnv) =>
    lookOf({ isTTY, columns: 80 }, readEnvironment(env)).color;
  assert.deepEqual(
    [isColored(true, {}), isColored(false, {}), isColored(true, { NO_COLOR: '1' }), isColored(true, { TERM: 'dumb' })],
    [true, false, false, false],
  );
});
