import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import axe from 'axe-core';
import { inBrowser, openReport } from '../report/html/testing/browser.ts';
import { ofClass, type Ran, real } from './testing/local-run.ts';
import { packages } from './testing/monorepo.ts';
import { recordLargeJob } from './testing/record-large-job.ts';

let ran: Ran;
before(async () => {
  if (!('skip' in real)) ran = await recordLargeJob();
});

test('a real job as large as the budget lets it be is told to the last process and step', real, () => {
  const { spans, summary } = ran;
  assert.ok(spans.length > 1_900 && spans.length < 2_050, `${spans.length} spans`);
  assert.equal(ofClass(spans, 'step').length, 3 + packages.length * 7);
  assert.deepEqual([summary.result, summary.coverage.complete, summary.coverage.missingSpans], ['success', true, 0]);
  const builds = summary.jobs[0]?.steps.slice(2, -1) ?? [];
  const counts = builds.map(({ processes, connections }) => `${processes} ${connections}`);
  assert.deepEqual([counts.length, new Set(counts).size], [packages.length, 1], 'the first as the last');
});

test('its report opens whole, asks for nothing, and axe finds nothing', { ...real, ...inBrowser }, async () => {
  await using report = await openReport([{ spans: ran.spans, resource: {} }]);
  const { page } = report;
  await page.click('#tab-processes');
  await page.click('#panel-processes [title^="Open every"]');
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate('axe.run()')) as axe.AxeResults;
  assert.deepEqual([violations, report.complaints, report.requests], [[], [], []]);
});
