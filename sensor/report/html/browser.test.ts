import assert from 'node:assert/strict';
import { test } from 'node:test';
import axe from 'axe-core';
import type { Page } from 'puppeteer-core';
import type { FinishedSpan } from '../../spans/finished-span.ts';
import { JobBuilder } from '../testing/job.ts';
import { inBrowser, openReport } from './testing/browser.ts';
import { hostileJob, largeJob } from './testing/jobs.ts';

function buildJob(): JobBuilder {
  const at = new JobBuilder();
  const job = at.job('build', 0, 40, { error: {}, attributes: { 'chaperone.coverage.produced.exec': 4 } });
  const install = at.step(job, 'Install', 0, 24);
  const npm = at.process(at.process(install, ['bash', '-e', '/tmp/1.sh'], 0, 24), ['npm', 'ci'], 4, 24);
  at.connection(npm, 'npm.example.com', 443, 5, 88, { outcome: 'established' });
  at.connection(npm, '192.0.2.1', 443, 6, 1, { outcome: 'refused' });
  at.accepted(npm, '192.0.2.9', 7);
  at.lookup(npm, 'registry.internal', 7, 'NXDOMAIN');
  const file = { 'file.path': '/w/package-lock.json', 'chaperone.file.operation': 'write' };
  npm.events.push({ name: 'chaperone.file.read', time: npm.start, attributes: file });
  npm.events.push({ name: 'chaperone.file.change', time: npm.start, attributes: file });
  npm.events.push({ name: 'chaperone.memory.access', time: npm.start, attributes: { 'process.pid': 7 } });
  const rule = { 'security_rule.name': 'no-gist', 'chaperone.policy.verdict': 'refused', 'server.address': 'gist' };
  at.other(npm, 'policy refused no-gist', 7, { attributes: rule });
  const tests = at.step(job, 'Test', 24, 40, { error: {} });
  at.process(tests, ['bash', '-e', '/tmp/2.sh'], 24, 40, { error: {}, attributes: { 'process.exit.code': 2 } });
  return at;
}

const tabs = ['timeline', 'processes', 'agents', 'network', 'files', 'findings', 'events', 'coverage'];

/** The same with a step that leaves nothing out of what agents do. */
function agentJob(): JobBuilder {
  const at = buildJob();
  const [job] = at.spans as [FinishedSpan];
  addAgent(at, at.step(job, 'Ask the agent', 8, 12));
  return at;
}

function addAgent(at: JobBuilder, step: FinishedSpan): void {
  const process = at.process(step, ['claude', '-p', 'Fix it'], 8, 12, { attributes: { 'process.pid': 7 } });
  const counts = { 'chaperone.files.changes.count': 4, 'chaperone.agent.left_running.count': 2 };
  const agent = at.agent(process, 'claude-code', 3, { attributes: counts });
  at.process(at.mcpServer(agent, 'words', 8, 12), ['node', 'words.ts'], 8, 12);
  const call = at.toolCall(agent, 'npm test', 9, 10, { error: {}, attributes: { 'error.type': '1' } });
  const npm = at.process(call, ['npm', 'test'], 9, 14);
  at.connection(npm, 'npm.example.com', 443, 9);
  for (const path of ['a.ts', 'b.ts', 'c.ts', 'd.ts'])
    npm.events.push({ name: 'chaperone.file.change', time: npm.start, attributes: { 'file.path': `/w/${path}` } });
  npm.events.push({ name: 'chaperone.file.read', time: npm.start, attributes: { 'file.path': '/root/.npmrc' } });
  at.other(npm, 'finding', 9, { attributes: { 'security_rule.name': 'r', 'chaperone.finding.severity': 'High' } });
}

for (const [look, dark, width] of [
  ['light', false, 1280],
  ['dark', true, 1280],
  ['narrow', false, 390],
] as const) {
  test(`axe finds nothing in any section: ${look}`, inBrowser, async () => {
    await using report = await openReport([agentJob()], { dark, width });
    await report.page.evaluate(axe.source);
    for (const tab of tabs) {
      await report.page.click(`#tab-${tab}`);
      if (tab === 'processes') await report.page.click('#panel-processes .row.process .name');
      assert.deepEqual(await violations(report.page), [], tab);
    }
  });
}

async function violations(page: Page): Promise<string[]> {
  const result = (await page.evaluate('axe.run()')) as axe.AxeResults;
  return result.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

test(
  'a page of hostile texts in every field executes none of them, asks for nothing and keeps its order',
  inBrowser,
  async () => {
    await using report = await openReport([hostileJob()]);
    const { page } = report;
    for (const tab of tabs) {
      await page.click(`#tab-${tab}`);
      await page.evaluate('for (const list of document.querySelectorAll("details")) list.open = true');
    }
    await page.click('#tab-processes');
    await page.type('#search', 'pwned');
    for (let result = 0; result < 40; result += 1) await page.keyboard.press('Enter');
    const strange = 'document.querySelectorAll("img, iframe, script:not([id]), style, [onerror]").length';
    assert.equal(await page.evaluate(strange), 2, 'the script and the style');
    assert.equal(await page.evaluate('globalThis.pwned'), undefined);
    assert.doesNotMatch(
      String(await page.evaluate('document.body.innerText')).replace(/\n|\t/g, ''),
      /[\p{Cc}\p{Cf}]/u,
    );
    assert.deepEqual([report.complaints, report.requests], [[], []]);
  },
);

test('of files that nobody watched the section of agents says so', inBrowser, async () => {
  const watched = agentJob();
  for (const at of [watched, agentJob()]) {
    const [job] = at.spans as [FinishedSpan];
    if (at === watched) Object.assign(job.attributes, { 'chaperone.files.watched': 'yes' });
    Object.assign(at.spans.find(({ name }) => name.startsWith('invoke_agent'))?.attributes ?? {}, {
      'chaperone.files.changes.count': 0,
    });
    for (const { events } of at.spans) events.length = 0;
    await using report = await openReport([at]);
    await report.page.click('#tab-agents');
    const told = await report.page.$eval('#panel-agents dl', (list) => list.textContent ?? '');
    assert.equal(told.includes('files were not watched'), at !== watched, told);
  }
});

test('the tree is walked with the keyboard alone', inBrowser, async () => {
  await using report = await openReport([buildJob()]);
  const { page } = report;
  await page.focus('#tab-timeline');
  await page.keyboard.press('ArrowRight');
  assert.equal(await focused(page), 'Processes');
  await page.focus('#panel-processes [role=treeitem][tabindex="0"]');
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowLeft']) await page.keyboard.press(key as 'ArrowDown');
  assert.match(await focused(page), /^npm ci/);
  assert.equal(await page.$eval(':focus', (row) => row.getAttribute('aria-expanded')), 'false');
  await page.keyboard.press('Enter');
  assert.match(await page.$eval('.details', (details) => details.textContent ?? ''), /process\.command_args.*ci/);
  await page.keyboard.press('ArrowDown');
  assert.match(await focused(page), /^✖failure, Test/, 'what is closed is passed over');
  await page.keyboard.press('End');
  assert.match(await focused(page), /^bash -e \/tmp\/2\.sh.*exit 2/);
  assert.equal(await page.$$eval('[role=tree] [tabindex="0"]', (rows) => rows.length), 2, 'one in each tree');
});

function focused(page: Page): Promise<string> {
  return page.$eval(':focus', (element) => element.textContent ?? '');
}

test('search counts, goes on and back, opens what hides a result, and tells a screen reader', inBrowser, async () => {
  await using report = await openReport([largeJob(2_000)]);
  const { page } = report;
  await page.type('#search', 'module-3/file-1');
  const told = () => page.$eval('[role=status]', (status) => status.textContent ?? '');
  assert.match(await told(), /^\d+ results$/);
  await page.keyboard.press('Enter');
  assert.match(await told(), /^1 of \d+: cc -O2 -c src\/module-3\/file-1/);
  assert.match(await page.$eval('#panel-processes [aria-selected=true]', (row) => row.textContent ?? ''), /file-1/);
  await page.keyboard.down('Shift');
  await page.keyboard.press('Enter');
  await page.keyboard.up('Shift');
  const [, at, count] = /^(\d+) of (\d+)/.exec(await told()) ?? [];
  assert.equal(at, count, 'before the first comes the last');
});

test('zooming moves the bars and the axis, and the whole job comes back', inBrowser, async () => {
  await using report = await openReport([buildJob()]);
  const { page } = report;
  const axis = () => page.$$eval('#panel-timeline .tick', (ticks) => ticks.map((tick) => tick.textContent));
  const before = await axis();
  await page.click('[title^="Zoom in"]');
  assert.notDeepEqual(await axis(), before);
  await page.focus('#panel-timeline [role=treeitem]');
  await page.keyboard.press('0');
  assert.deepEqual(await axis(), before);
});

test('a job of 2,000 spans draws only what is in sight, also with all of it open', inBrowser, async () => {
  await using report = await openReport([largeJob(2_000)]);
  const { page } = report;
  const elements = () => page.evaluate('document.querySelectorAll("*").length') as Promise<number>;
  const rows = () => page.$$eval('#panel-processes .row', (found) => found.length);
  assert.ok((await elements()) < 1_500, `${await elements()} elements`);
  await page.click('#tab-processes');
  await page.click('#panel-processes [title^="Open every"]');
  await page.evaluate('scrollTo(0, document.body.scrollHeight / 2)');
  await page.waitForFunction('document.querySelector("#panel-processes .row:last-of-type").style.top.length > 6');
  assert.ok((await rows()) > 20 && (await rows()) < 100, `${await rows()} rows`);
  assert.ok((await elements()) < 2_000, `${await elements()} elements`);
});

test('of a large job the steps are seen first, on the timeline too', inBrowser, async () => {
  const at = new JobBuilder();
  const job = at.job('build', 0, 100);
  for (let step = 0; step < 100; step += 1) {
    const outer = at.step(job, `Package ${step}`, step, step + 1);
    for (const name of ['Compile', 'Test']) at.step(outer, name, step, step + 1);
  }
  await using report = await openReport([at]);
  const names = await report.page.$$eval('#panel-timeline .row', (rows) => rows.map((row) => row.textContent ?? ''));
  assert.ok(names.length > 10 && names.slice(1).every((name) => name.includes('Package')), names.join('\n'));
});

test('the look follows the setting of the reader until the button says otherwise', inBrowser, async () => {
  await using report = await openReport([buildJob()], { dark: true });
  const { page } = report;
  const ground = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
  const dark = await ground();
  await page.click('.theme');
  assert.notEqual(await ground(), dark);
  assert.equal(await page.$eval('.theme', (button) => button.getAttribute('aria-pressed')), 'false');
});

test('of several traces one is shown, and another when it is chosen', inBrowser, async () => {
  const other = new JobBuilder();
  other.job('deploy', 0, 1);
  await using report = await openReport([buildJob(), other]);
  const { page } = report;
  const title = () => page.$eval('h1', (heading) => heading.textContent);
  assert.equal(await title(), 'build');
  await page.select('#trace', '1');
  assert.equal(await title(), 'deploy');
  assert.deepEqual(report.complaints, []);
});

test('on paper every section follows the other', inBrowser, async () => {
  await using report = await openReport([agentJob()]);
  const { page } = report;
  await page.emulateMediaType('print');
  await page.evaluate('dispatchEvent(new Event("beforeprint"))');
  const sections = await page.$$eval(
    '[role=tabpanel]',
    (panels) => panels.filter((panel) => panel.checkVisibility()).length,
  );
  assert.equal(sections, tabs.length);
  assert.match(
    await page.$eval('#panel-processes', (panel) => panel.textContent ?? ''),
    /npm\.example\.com.*bash -e \/tmp\/2\.sh/s,
  );
});
