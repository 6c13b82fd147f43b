import { areHeaderPairs } from '../../crds/otlp-headers.ts';
import { parseTraceParent } from '../spans/ids.ts';
import type { CommandEnvironment } from './config.ts';

/** What in the environment cannot be used as it is, a sentence each, without the values: headers are secrets. `otlp` is the endpoint, if there is one. */
export function environmentFaults(
  { traceParent, otlpHeadersText }: CommandEnvironment,
  otlp: string | null,
): readonly string[] {
  const faults: string[] = [];
  if (traceParent && parseTraceParent(traceParent) === null)
    faults.push(
      'TRACEPARENT is ignored, as it is not 00-<32 hex digits>-<16 hex digits>-<2 hex digits> in lower case with ids that are not 0: correct it or unset it',
    );
  if (otlp !== null && !areHeaderPairs(otlpHeadersText))
    faults.push(
      'OTEL_EXPORTER_OTLP_HEADERS is not wholly of the form name=value,name=value, so the endpoint may refuse the spans: correct it',
    );
  return faults;
}
