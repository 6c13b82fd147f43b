import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import type { Attributes, FinishedSpan } from '../../../spans/finished-span.ts';
import { tell } from '../../story.ts';
import { summarize } from '../../summary.ts';
import { writeReport } from '../write-report.ts';

const found = ['chromium-headless-shell', 'chromium'].map((name) => `/usr/bin/${name}`).find(existsSync);

/** These tests need Debian's Chromium, which `scripts/setup browser` installs. */
export const inBrowser =
  found === undefined ? { skip: 'SKIPPED LOUDLY, there is no Chromium; run scripts/setup browser' } : {};

/** Empty where there is none. */
export const chromiumPath: string = found ?? '';

/** A machine that does other things as well is slow, in milliseconds. */
const patience = 120_000;

/** A browser with a report in it, and everything that the page said or asked the network for. */
export interface OpenReport extends AsyncDisposable {
  readonly page: Page;
  /** Complaints of the page: errors, warnings, breaches of its policy. */
  readonly complaints: readonly string[];
  /** Addresses that were asked for beside the file itself. */
  readonly requests: readonly string[];
}

export interface Trace {
  readonly spans: readonly FinishedSpan[];
  readonly resource?: Attributes;
}

export async function openReport(
  traces: readonly Trace[],
  look: { dark?: boolean; width?: number } = {},
): Promise<OpenReport> {
  const folder = await mkdtemp(join(tmpdir(), 'chaperone-report-'));
  const file = join(folder, 'report.html');
  await writeReport(file, traces.map(written));
  // As root there is no sandbox; the page is our own.
  const browser = await puppeteer.launch({
    executablePath: chromiumPath,
    headless: 'shell',
    args: ['--no-sandbox'],
    timeout: patience,
  });
  const opened = await openPage(browser, file, look);
  const close = async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  };
  return { ...opened, [Symbol.asyncDispose]: close };
}

function written({ spans, resource = {} }: Trace) {
  const summary = summarize(tell(spans), { spans, resource, delivered: null, files: {} });
  return { trace: { attributes: resource, spans }, summary };
}

async function openPage(
  browser: Browser,
  file: string,
  { dark = false, width = 1280 }: { dark?: boolean; width?: number },
) {
  const page = await browser.newPage();
  page.setDefaultTimeout(patience);
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => requests.push(request.url()));
  await page.setViewport({ width, height: 800 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
  await page.goto(`file://${file}`);
  await page.waitForFunction("performance.getEntriesByName('chaperone:interactive').length > 0");
  requests.shift();
  return { page, complaints, requests };
}
