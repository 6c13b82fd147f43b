import { createHmac } from 'node:crypto';
import type { Alert } from '../../../crds/alert.ts';

/** How a sink is spoken to. */
export type SinkKind = 'webhook' | 'slack';

/** What is posted to a sink. */
export interface Message {
  headers: Record<string, string>;
  body: string;
}

/** The alert as a webhook takes it; signed when there is a key. `now` is in milliseconds since 1970. */
export function webhookMessage(alert: Alert, signingKey: Buffer | undefined, now: number): Message {
  const body = JSON.stringify(alert);
  const timestamp = String(Math.floor(now / 1000));
  const headers = { 'content-type': 'application/json', 'webhook-id': alert.id, 'webhook-timestamp': timestamp };
  if (signingKey === undefined) return { headers, body };
  const signature = signatureOf({ id: alert.id, timestamp, body }, signingKey);
  return { headers: { ...headers, 'webhook-signature': signature }, body };
}

/** As Standard Webhooks 1.0.0 says. */
export function signatureOf({ id, timestamp, body }: Record<'id' | 'timestamp' | 'body', string>, key: Buffer): string {
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

/** A key as Standard Webhooks writes it, `whsec_` and base64, or any other text as it is; `null` where `whsec_` is followed by what is not base64. */
export function readSigningKey(text: string): Buffer | null {
  if (!text.startsWith('whsec_')) return Buffer.from(text);
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1];
  return encoded === undefined ? null : Buffer.from(encoded, 'base64');
}
