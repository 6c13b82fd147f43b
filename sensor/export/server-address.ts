import { type LookupAddress, lookup as resolve } from 'node:dns';
import { isIPv6, type LookupFunction, type Socket } from 'node:net';

/**
 * Where a server was last reached. The containers of a pod have one /etc/hosts and one resolv.conf, which a job that is root can write, and so send
 * the sensor's connections to nobody: the name is looked up until the server has answered once, which is before the job begins, and later only
 * every other time while it does not answer where it was.
 */
export class ServerAddress {
  readonly #resolve: LookupFunction;
  #known: LookupAddress | null = null;
  #isDoubted = false;

  constructor(resolver: LookupFunction = resolve as LookupFunction) {
    this.#resolve = resolver;
  }

  readonly lookup: LookupFunction = (host, options, answer) => {
    if (this.#known === null || this.#isDoubted) this.#resolve(host, options, answer);
    else if (options.all === true) answer(null, [this.#known]);
    else answer(null, this.#known.address, this.#known.family);
  };

  /** The server answered on this connection. */
  reached({ remoteAddress }: Pick<Socket, 'remoteAddress'>): void {
    if (remoteAddress !== undefined) this.#known = { address: remoteAddress, family: isIPv6(remoteAddress) ? 6 : 4 };
    this.#isDoubted = false;
  }

  missed(): void {
    this.#isDoubted = !this.#isDoubted;
  }
}
