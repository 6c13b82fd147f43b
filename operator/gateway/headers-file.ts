import { readFile } from 'node:fs/promises';
import { parseKeyPairsIntoRecord } from '@opentelemetry/core';
import { ChaperoneError } from '../../crds/errors.ts';
import { areHeaderPairs } from '../../crds/otlp-headers.ts';

/**
 * Reads the back end's headers from a mounted Secret at each call, so that a rotated credential is used at once. The text is that of
 * OTEL_EXPORTER_OTLP_HEADERS: `name=value,name=value`, values percent-encoded where they must be. Without a file there are none.
 * Rejects where it holds anything else, whose parts would be left out in silence.
 */
export function headersFromFile(path: string | undefined): () => Promise<Record<string, string>> {
  return async () => {
    if (path === undefined || path === '') return {};
    const text = await readText(path);
    if (text !== '' && areHeaderPairs(text)) return parseKeyPairsIntoRecord(text);
    const message =
      "the Secret that the chart's otlp.headersSecret names does not hold headers: write name=value,name=value on one line, values percent-encoded";
    throw new ChaperoneError('otlp-headers-invalid', message);
  };
}

async function readText(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw new ChaperoneError(
      'otlp-headers-unreadable',
      `The file ${path} with the headers for the tracing back end cannot be read; mount the Secret that the chart's otlp.headersSecret names.`,
      { cause },
    );
  }
}
