import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';

/** An HTTP server on loopback that can leave, and comes back where it was. */
export abstract class LoopbackServer implements AsyncDisposable {
  readonly #server: http.Server | https.Server;
  #port = 0;

  /** With `tls` it speaks HTTPS. */
  constructor(tls?: { key: string; cert: string }) {
    const listener = (request: http.IncomingMessage, response: http.ServerResponse) => this.meet(request, response);
    this.#server = tls === undefined ? http.createServer(listener) : https.createServer(tls, listener);
  }

  get origin(): string {
    const scheme = this.#server instanceof https.Server ? 'https' : 'http';
    return `${scheme}://127.0.0.1:${this.#port}`;
  }

  /** On the port it had before, if any. */
  listen(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.listen(this.#port, '127.0.0.1', () => {
        this.#port = (this.#server.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  leave(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }

  protected abstract meet(request: http.IncomingMessage, response: http.ServerResponse): void;
}
