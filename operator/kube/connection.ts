// The package's index would load every model and API: 127 MB. This module is what we need of it.
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import type { RequestContext } from '@kubernetes/client-node/dist/gen/http/http.js';
import { Agent, type Dispatcher } from 'undici';
import { ChaperoneError } from '../../crds/errors.ts';
import type { Clock } from '../runtime/clock.ts';

/** Seconds after which a projected token is read again, as client-go does. */
const SESSION_MS = 60_000;

/** How to speak to the API server for now: its TLS settings and the headers that say who we are. */
export interface Session {
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
}

/** Where the API server is and who we are to it. */
export interface Connection {
  /** Origin, with a path prefix if the server is behind one; no slash at the end. */
  readonly server: string;
  session(): Promise<Session>;
  /** A session made anew from the files, after `failed` was refused (a rotated token, certificate or authority). */
  renew(failed: Session): Promise<Session>;
  close(): Promise<void>;
}

/**
 * Reads the kubeconfig at `path`, or without one the service account of the pod we run in.
 * @throws ChaperoneError `kubeconfig-unreadable`
 */
export function loadKubeConfig(path?: string): KubeConfig {
  const config = new KubeConfig();
  try {
    if (path === undefined) config.loadFromCluster();
    else config.loadFromFile(path);
  } catch (cause) {
    throw new ChaperoneError('kubeconfig-unreadable', `The kubeconfig ${path ?? 'of the pod'} cannot be read.`, {
      cause,
    });
  }
  return config;
}

/**
 * The connection that a kubeconfig describes. `load` is called again whenever the credentials were refused.
 * @throws ChaperoneError `kubeconfig-no-cluster` when the current context names no cluster
 */
export function connectByKubeConfig(load: () => KubeConfig, clock: Clock): Connection {
  let config = load();
  const server = config.getCurrentCluster()?.server.replace(/\/+$/, '');
  if (server === undefined) {
    throw new ChaperoneError('kubeconfig-no-cluster', 'The kubeconfig has no current cluster: set current-context.');
  }
  let current: Session | undefined;
  let readAt = 0;
  let renewal: Promise<Session> | undefined;

  async function session(): Promise<Session> {
    if (current !== undefined && clock.now() - readAt < SESSION_MS) return current;
    const fresh = await openSession(config);
    // Only the headers are refreshed by time: open watches keep their connections.
    current = current === undefined ? fresh : { headers: fresh.headers, dispatcher: current.dispatcher };
    readAt = clock.now();
    return current;
  }

  function renew(failed: Session): Promise<Session> {
    if (current !== undefined && current.headers !== failed.headers) return Promise.resolve(current);
    renewal ??= replaceSession(failed).finally(() => {
      renewal = undefined;
    });
    return renewal;
  }

  async function replaceSession(failed: Session): Promise<Session> {
    config = load();
    current = await openSession(config);
    readAt = clock.now();
    // Waits for open watches to end by themselves, so it must not be awaited.
    failed.dispatcher.close().catch(() => undefined);
    return current;
  }

  return { server, session, renew, close: async () => current?.dispatcher.destroy() };
}

/** Lets client-node apply its authentication to a request that only takes notes. */
async function openSession(config: KubeConfig): Promise<Session> {
  const headers: Record<string, string> = {};
  let dispatcher: Dispatcher | undefined;
  const notes: Pick<RequestContext, 'setHeaderParam' | 'setDispatcher'> = {
    setHeaderParam(key, value) {
      headers[key.toLowerCase()] = value.trim();
    },
    setDispatcher(given) {
      dispatcher = given as Dispatcher;
    },
  };
  await config.applySecurityAuthentication(notes as RequestContext);
  return { headers, dispatcher: dispatcher ?? new Agent() };
}

/** A connection without credentials, for a server on the loopback. */
export function connectPlain(server: string): Connection {
  const session = { headers: {}, dispatcher: new Agent() };
  return {
    server,
    session: async () => session,
    renew: async () => session,
    close: () => session.dispatcher.destroy(),
  };
}
