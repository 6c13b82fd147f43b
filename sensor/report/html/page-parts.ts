import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ChaperoneError } from '../../../crds/errors.ts';
import type { PageParts } from './document.ts';

/** Where `sensor/report/html/build` puts the page's script; bin/chaperone sees to it that it is there. */
const scriptPath = join(import.meta.dirname, '..', '..', '..', 'dist', 'report.js');
const stylePath = join(import.meta.dirname, 'report.css');

/** What report.html is made of beside its data. */
export async function readPageParts(): Promise<PageParts> {
  try {
    const [style, script] = await Promise.all([readFile(stylePath, 'utf8'), readFile(scriptPath, 'utf8')]);
    return { style, script };
  } catch (error) {
    throw new ChaperoneError('report-parts', 'The page of the report is not built; run npm run build', {
      cause: error,
    });
  }
}
