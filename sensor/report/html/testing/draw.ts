import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import puppeteer, { type Browser } from 'puppeteer-core';
import { chromiumPath } from './browser.ts';

const root = join(import.meta.dirname, '../../../..');

/**
 * Makes report.html of recorded traces and pictures of each, wide, narrow and dark, in out/pictures/.
 *   node sensor/report/html/testing/draw.ts TRACE… [--select TEXT]   such as out/stories/injected.json of the stories
 * With --select the first row of the timeline that holds the text is selected, so that the panel beside it tells of it.
 */
async function main(words: readonly string[]): Promise<void> {
  const at = words.indexOf('--select');
  const [traces, selected] = at < 0 ? [words, undefined] : [words.slice(0, at), words[at + 1]];
  const out = join(root, 'out/pictures');
  mkdirSync(out, { recursive: true });
  const browser = await puppeteer.launch({ executablePath: chromiumPath, headless: 'shell', args: ['--no-sandbox'] });
  try {
    for (const trace of traces) {
      const name = basename(trace).split('.')[0] ?? '';
      const report = join(out, `${name}.html`);
      execFileSync(join(root, 'bin/chaperone'), ['report', '--html', report, trace], { stdio: 'ignore' });
      for (const look of looks)
        await draw(browser, report, { ...look, path: join(out, `${name}-${look.name}.png`), selected });
    }
  } finally {
    await browser.close();
  }
}

const looks = [
  { name: 'wide', width: 1280, dark: false },
  { name: 'dark', width: 1280, dark: true },
  { name: 'narrow', width: 390, dark: false },
];

interface Look {
  readonly width: number;
  readonly dark: boolean;
  readonly path: string;
  readonly selected: string | undefined;
}

async function draw(browser: Browser, report: string, { width, dark, path, selected }: Look): Promise<void> {
  const page = await browser.newPage();
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
  await page.goto(`file://${report}`);
  await page.waitForFunction("performance.getEntriesByName('chaperone:interactive').length > 0");
  if (selected !== undefined) await page.locator(`::-p-text(${selected})`).click();
  await page.screenshot({ path: path as `${string}.png` });
  await page.close();
  console.log(path);
}

await main(process.argv.slice(2));
