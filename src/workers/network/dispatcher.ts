import { getProxyForUrl } from 'proxy-from-env';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';

/** Time limit for a connection. */
const CONNECT_MS = 20_000;

/**
 * What connects to an address: through the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name for it, if any. Its own time limits for answers
 * are off: callers have theirs.
 */
export function dispatcherFor(url: string): Dispatcher {
  const limits = { headersTimeout: 0, bodyTimeout: 0, connect: { timeout: CONNECT_MS } };
  const proxy = getProxyForUrl(url);
  return proxy === '' ? new Agent(limits) : new ProxyAgent({ ...limits, uri: proxy });
}
