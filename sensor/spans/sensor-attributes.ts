import type { HelloEvent } from '../decode/probe-events.ts';
import type { Attributes } from './finished-span.ts';
import type { SensorReport } from './job-summary.ts';
import { known } from './text.ts';

/** What the sensor can see here and why not more, as resource attributes. */
export function sensorAttributes(hello: HelloEvent | null): Attributes {
  const { version, armed, reason, tier } = sensorReport(hello);
  return known({
    'chaperone.sensor.version': version,
    'chaperone.sensor.armed': armed,
    'chaperone.sensor.tier': tier,
    'chaperone.sensor.reason': reason,
  });
}

export function sensorReport(hello: HelloEvent | null): SensorReport {
  if (hello === null) return { version: '', armed: false, tier: '', kernel: '', reason: 'the probe did not say hello' };
  const { version, armed, tier, kernel, reason = '' } = hello;
  return { version, armed, tier, kernel, reason };
}
