import { readFile } from 'node:fs/promises';
import { parseKeyPairsIntoRecord } from '@opentelemetry/core';
import { ChaperoneError } from '../../crds/errors.ts';

/**
 * Reads the back end's headers from a mounted Secret at each call, so that a rotated credential is used at once. The text is that of
 * OTEL_EXPORTER_OTLP_HEADERS: `name=value,name=value`, values percent-encoded where they must be. Without a file there are none.
 */
export function headersFromFile(path: string | undefined): () => Promise<Record<string, string>> {
  return async () => {
    if (path === undefined || path === '') return {};
    try {
      return parseKeyPairsIntoRecord((await readFile(path, 'utf8')).trim());
    } catch (cause) {
      throw new ChaperoneError(
        'otlp-headers-unreadable',
        `The file ${path} with the headers for the tracing back end cannot be read; mount the Secret that the chart's otlp.headersSecret names.`,
        { cause },
      );
    }
  };
}
