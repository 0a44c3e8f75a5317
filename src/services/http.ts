import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpPlace } from '../config/settings-schema.ts';
import { errnoOf, SecondGlanceError, sentenceOf } from '../core/errors.ts';

/** What a service answers over HTTP. */
export interface HttpAnswers {
  /** True where it can do its work; else why not. */
  ready(): Promise<true | string>;
  /** Everything that is counted, in Prometheus' text format. */
  metrics(): Promise<{ readonly type: string; readonly text: string }>;
}

/** A server that runs. */
export interface HttpServer {
  readonly port: number;
  close(): Promise<void>;
}

/** The address that was asked for cannot be used. */
export class ListenError extends SecondGlanceError<'http-listen'> {
  /** @param option of the command line that chooses the address */
  constructor({ host, port }: HttpPlace, cause: unknown, option = '--http') {
    const taken = errnoOf(cause) === 'EADDRINUSE';
    const message = taken
      ? `port ${port} of ${host} is in use by another program: stop it, or choose another ${option}`
      : `HTTP cannot be answered on ${host}:${port} (${sentenceOf(cause)}): choose another ${option}`;
    super('http-listen', message, { cause });
  }
}

function answer(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
}

async function respond(path: string, answers: HttpAnswers, response: ServerResponse): Promise<void> {
  if (path === '/healthz') answer(response, 200, 'ok\n');
  else if (path === '/readyz') {
    const ready = await answers.ready();
    if (ready === true) answer(response, 200, 'ready\n');
    else answer(response, 503, `${ready}\n`);
  } else if (path === '/metrics') {
    const { type, text } = await answers.metrics();
    answer(response, 200, text, type);
  } else answer(response, 404, 'there are /healthz, /readyz and /metrics\n');
}

/** How {@link listen} listens. */
export interface ListenOptions {
  /** The option of the command line that chooses the address, for the error. */
  readonly option?: string;
  /** Time limit of a request's body, in milliseconds; 0 for none, where uploads are taken. */
  readonly requestTimeout?: number;
  /** Changes the server before it listens. */
  readonly prepare?: (server: Server) => void;
}

/** Listens at `place` for whatever `listener` answers. Throws a ListenError where it cannot. */
export async function listen(
  place: HttpPlace,
  listener: Parameters<typeof createServer>[1],
  { option, requestTimeout, prepare }: ListenOptions = {},
): Promise<HttpServer> {
  const server = createServer(listener ?? (() => undefined));
  if (requestTimeout !== undefined) server.requestTimeout = requestTimeout;
  prepare?.(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(new ListenError(place, cause, option)));
    server.listen(place.port, place.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/**
 * `/healthz` (the process lives), `/readyz` (it can work; 503 and the reason where not) and `/metrics`. Throws a
 * ListenError where the address cannot be used.
 */
export function serveHttp(place: HttpPlace, answers: HttpAnswers): Promise<HttpServer> {
  return listen(place, (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      answer(response, 405, 'only GET\n');
      return;
    }
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    respond(path, answers, response).catch((error: unknown) => answer(response, 500, `${sentenceOf(error)}\n`));
  });
}
