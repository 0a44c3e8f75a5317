import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { hideSecrets } from '../../core/text/secrets.ts';
import { checkAddress } from './addresses.ts';
import { GuardError } from './errors.ts';

/** Time limit for a connection to a server. */
const CONNECT_MS = 20_000;

/** A proxy on the loopback interface, for one source. */
export interface GuardProxy {
  /** `http://127.0.0.1:PORT`, as ffmpeg's `-http_proxy` takes it. */
  readonly url: string;
  /** The first refused request; undefined where none was refused. */
  refusal(): GuardError | undefined;
  close(): Promise<void>;
}

/** Headers between a client and its proxy, which are not forwarded. */
const HOP_BY_HOP = /^(proxy-.*|connection|keep-alive|te|trailer|transfer-encoding|upgrade)$/i;

function forwardedHeaders(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.test(name)));
}

/** ffmpeg does not follow a redirect to another protocol either, but does not say why. */
function checkRedirect(from: URL, { headers }: IncomingMessage): void {
  const to =
    headers.location === undefined || !URL.canParse(headers.location, from.href)
      ? from
      : new URL(headers.location, from);
  if (/^https?:$/.test(to.protocol)) return;
  throw new GuardError('url-not-allowed', `${hideSecrets(from.href)} leads to ${to.protocol}, which is not followed`);
}

/**
 * Starts a proxy that checks every request, because ffmpeg follows redirects and playlist entries by itself. It connects to the address that was
 * checked, without a second DNS query. Inside TLS only the host is visible, so rules with a path are enforced for the first URL only.
 */
export async function openProxy(allowUrls: readonly string[]): Promise<GuardProxy> {
  let refused: GuardError | undefined;
  /** The HTTP status for a request that is not forwarded. */
  const statusOf = (error: unknown): number => {
    if (!(error instanceof GuardError)) return 502;
    refused ??= error;
    return 403;
  };

  const forward = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '');
    const { address, family } = await checkAddress(allowUrls, url);
    const onward = httpRequest({
      host: address,
      family,
      port: url.port || 80,
      path: url.pathname + url.search,
      method: request.method === 'HEAD' ? 'HEAD' : 'GET',
      headers: { ...forwardedHeaders(request.headers), host: url.host },
      agent: false,
      timeout: CONNECT_MS,
    });
    response.once('close', () => onward.destroy());
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      onward.once('response', resolve);
      onward.once('timeout', () => onward.destroy(new Error('no answer')));
      onward.once('error', reject);
      onward.end();
    });
    checkRedirect(url, answer);
    response.writeHead(answer.statusCode ?? 502, forwardedHeaders(answer.headers));
    await pipeline(answer, response);
  };

  const tunnel = async (request: IncomingMessage, client: Duplex): Promise<void> => {
    const url = new URL(`https://${request.url}/`);
    const { address, family } = await checkAddress(allowUrls, url, true);
    const server = connect({ host: address, family, port: Number(url.port || 443), timeout: CONNECT_MS });
    server.once('timeout', () => server.destroy());
    client.once('close', () => server.destroy());
    await new Promise((resolve, reject) => server.once('connect', resolve).once('error', reject));
    server.setTimeout(0);
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    await Promise.all([pipeline(client, server), pipeline(server, client)]);
  };

  const proxy = createServer((request, response) => {
    forward(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(statusOf(error)).end();
    });
  });
  const tunnels = new Set<Duplex>();
  proxy.on('connect', (request, client) => {
    tunnels.add(client);
    client.once('close', () => tunnels.delete(client));
    client.on('error', () => undefined);
    tunnel(request, client).catch((error: unknown) => {
      client.end(`HTTP/1.1 ${statusOf(error)} Refused\r\n\r\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    proxy.once('error', reject);
    proxy.listen(0, '127.0.0.1', resolve);
  });
  const { port } = proxy.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    refusal: () => refused,
    async close() {
      const closed = new Promise((resolve) => proxy.close(resolve));
      proxy.closeAllConnections();
      for (const client of tunnels) client.destroy();
      await closed;
    },
  };
}
