import { describeError } from '../../crds/errors.ts';
import type { Clock } from './clock.ts';
import { createAgent, post } from './http-post.ts';
import { judge, type Outcome } from './outcome.ts';
import { instrumentationScope } from './readable-span.ts';
import type { ServerAddress } from './server-address.ts';

export interface TransportOptions {
  /** Where spans are posted, path included: `https://collector.example.com:4318/v1/traces`. */
  readonly url: string;
  /** Asked at each request, so that a rotated token is used at once. */
  readonly headers: () => Promise<Record<string, string>>;
  /** PEM bundle to trust instead of the system's. */
  readonly ca?: string | undefined;
  readonly address: ServerAddress;
  /** How long one request may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

export interface Transport {
  /** One try, told in an {@link Outcome}; never rejects. */
  send(body: string): Promise<Outcome>;
  close(): void;
}

const userAgent = `${instrumentationScope.name}/${instrumentationScope.version}`;

/** OTLP/HTTP with JSON. */
export function createTransport({ url, headers, ca, address, timeoutMs, clock }: TransportOptions): Transport {
  const agent = createAgent(url, ca, address);
  return {
    async send(body) {
      try {
        const own = { 'user-agent': userAgent, ...(await headers()) };
        const answer = await post(url, { agent, address, headers: own, body, timeoutMs, clock });
        return judge(answer, '', clock.wall());
      } catch (error) {
        return judge(null, describeError(error), clock.wall());
      }
    },
    close: () => agent.destroy(),
  };
}
