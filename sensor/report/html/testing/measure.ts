import { mkdirSync, readFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import puppeteer, { type Browser } from 'puppeteer-core';
import { recordLargeJob } from '../../../commands/testing/record-large-job.ts';
import { chromiumPath } from './browser.ts';

/**
 * Records a real job of about 2,000 spans and measures how soon its report can be used, from the navigation's start to the page's own mark.
 * Trace, report and pictures stay in out/report/. Have the machine for yourself.
 *   node sensor/report/html/testing/measure.ts [ROUNDS]   9 rounds by default
 */
async function main([rounds = '9']: readonly string[]): Promise<void> {
  const out = join(import.meta.dirname, '../../../../out/report');
  mkdirSync(out, { recursive: true });
  const { spans, summary } = await recordLargeJob();
  const report = join(out, 'report.html');
  await copyFile(summary.files.trace ?? '', join(out, 'trace.otlp.json'));
  await copyFile(summary.files.report ?? '', report);
  const megabytes = readFileSync(report).length / 1e6;
  console.log(`${spans.length} spans, ${summary.totals.processes} processes, report.html ${megabytes.toFixed(1)} MB`);
  const browser = await puppeteer.launch({ executablePath: chromiumPath, headless: 'shell', args: ['--no-sandbox'] });
  try {
    await load(browser, report); // the first start of a browser is no page's doing
    const loads: Load[] = [];
    for (let round = 0; round < Number(rounds); round += 1) loads.push(await load(browser, report));
    console.log(`interactive after ${spread(loads.map(({ interactive }) => interactive))}`);
    console.log(`of which the page's thread worked ${spread(loads.map(({ cpu }) => cpu))}`);
    for (const [name, look] of Object.entries(looks)) await picture(browser, report, join(out, `${name}.png`), look);
  } finally {
    await browser.close();
  }
}

interface Look {
  readonly width: number;
  readonly dark: boolean;
}

const looks: Readonly<Record<string, Look>> = {
  desktop: { width: 1280, dark: false },
  dark: { width: 1280, dark: true },
  narrow: { width: 390, dark: false },
};

const isInteractive = "performance.getEntriesByName('chaperone:interactive').length > 0";

/** Milliseconds. */
interface Load {
  readonly interactive: number;
  /** CPU time of the page's main thread, which a busy machine does not stretch as it does the other. */
  readonly cpu: number;
}

async function load(browser: Browser, report: string): Promise<Load> {
  const page = await browser.newPage();
  const session = await page.createCDPSession();
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.goto(`file://${report}`);
  await page.waitForFunction(isInteractive);
  const interactive = Number(await page.evaluate("performance.getEntriesByName('chaperone:interactive')[0].startTime"));
  const { metrics } = await session.send('Performance.getMetrics');
  const cpu = 1_000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN);
  await page.close();
  return { interactive, cpu };
}

/** `480 ms (460–510, 9 loads)`: the median, and all of them. */
function spread(given: readonly number[]): string {
  const times = given.toSorted((a, b) => a - b);
  const [median, least, most] = [times[times.length >> 1], times[0], times.at(-1)].map((time) => time?.toFixed(0));
  return `${median} ms (${least}–${most}, ${times.length} loads)`;
}

async function picture(browser: Browser, report: string, path: string, { width, dark }: Look): Promise<void> {
  const page = await browser.newPage();
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
  await page.goto(`file://${report}`);
  await page.waitForFunction(isInteractive);
  await page.screenshot({ path: path as `${string}.png` });
  await page.close();
}

await main(process.argv.slice(2));
