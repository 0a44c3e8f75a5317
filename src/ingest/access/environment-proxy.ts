import type { Agent } from 'node:http';
import { getProxyForUrl } from 'proxy-from-env';

/**
 * The agent for an address where `http_proxy`, `https_proxy` and `no_proxy` say that it is reached through a proxy; undefined where they do not.
 * ffmpeg follows them too, but does not see the address.
 */
export async function environmentProxy(url: URL): Promise<Agent | undefined> {
  const proxy = getProxyForUrl(url.href);
  if (proxy === '') return undefined;
  if (url.protocol === 'https:') {
    const { HttpsProxyAgent } = await import('https-proxy-agent');
    return new HttpsProxyAgent(proxy);
  }
  const { HttpProxyAgent } = await import('http-proxy-agent');
  return new HttpProxyAgent(proxy);
}
