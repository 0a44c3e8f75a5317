import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

/** A web server of a test's own, on loopback. */
export interface WebServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Every request so far. */
  readonly requests: { readonly name: string; readonly port: number }[];
  /** How many connections were made so far, whatever came over them. */
  connections(): number;
  close(): Promise<void>;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly ranges: boolean;
}

async function answer(folder: string, url: URL, { request, response, ranges }: Exchange) {
  const name = url.pathname;
  if (name === '/redirect') {
    response.writeHead(302, { location: decodeURIComponent(url.search.slice(1)) }).end();
    return;
  }
  const file = path.join(folder, name);
  const known = await stat(file).catch(() => undefined);
  if (known?.isFile() !== true) {
    response.writeHead(404).end();
    return;
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = Number(range?.[1] ?? 0);
  const end = range?.[2] ? Number(range[2]) : known.size - 1;
  response.writeHead(range === null ? 200 : 206, {
    ...(ranges ? { 'accept-ranges': 'bytes' } : {}),
    'content-length': end - start + 1,
    ...(range === null ? {} : { 'content-range': `bytes ${start}-${end}/${known.size}` }),
  });
  await pipeline(createReadStream(file, { start, end }), response).catch(() => undefined);
}

/** Serves a folder, with ranges unless `ranges` is false; `/redirect?ADDRESS` leads there. */
export async function startWebServer(folder: string, { ranges = true } = {}): Promise<WebServer> {
  const requests: { name: string; port: number }[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://host');
    requests.push({ name: url.pathname, port: request.socket.remotePort ?? 0 });
    if (!ranges) delete request.headers.range;
    void answer(folder, url, { request, response, ranges });
  });
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    connections: () => connections,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
