import type { RecordedResource } from '../../export/trace-reader.ts';
import { writeWholeFile } from '../../export/whole-file.ts';
import type { Summary } from '../summary.ts';
import { reportDocument } from './document.ts';
import { readPageParts } from './page-parts.ts';
import { reportData } from './report-data.ts';

/** Writes the traces as one HTML file, which appears whole or not at all. */
export async function writeReport(
  path: string,
  traces: readonly { readonly trace: RecordedResource; readonly summary: Summary }[],
): Promise<void> {
  const data = traces.map(({ trace, summary }) => reportData(trace, summary));
  await writeWholeFile(path, reportDocument(data, await readPageParts()));
}
