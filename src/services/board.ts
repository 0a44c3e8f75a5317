import { createHash, timingSafeEqual } from 'node:crypto';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import express, { type Request, type RequestHandler } from 'express';
import type { HttpPlace, Settings } from '../config/settings-schema.ts';
import { EXIT } from '../core/failures.ts';
import { onInterrupted } from '../core/interruption.ts';
import { openQueueContext, type QueueContext } from '../queue/queue-context.ts';
import { connectService, placeOf } from '../queue/redis/connection.ts';
import { listen } from './http.ts';
import { createLog, logLink } from './log.ts';
import { answers } from './metrics.ts';

function passwordOf(request: Request): string {
  const [, encoded = ''] = /^Basic +([\w+/=]+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** HTTP basic authentication with any user name. */
function requirePassword(password: string, onRefused: (request: Request) => void): RequestHandler {
  const expected = digest(password);
  return (request, response, next) => {
    // Digests have one length, so the comparison takes constant time.
    if (timingSafeEqual(digest(passwordOf(request)), expected)) next();
    else {
      if (request.headers.authorization !== undefined) onRefused(request);
      const challenge = 'Basic realm="secondglance", charset="UTF-8"';
      response.status(401).set('www-authenticate', challenge).type('text').send('the password of the board, please\n');
    }
  };
}

/** The board is read-only: the commands that change things know more than the queues do. */
const readOnly: RequestHandler = (request, response, next) => {
  if (request.method === 'GET' || request.method === 'HEAD') next();
  else response.status(405).set('allow', 'GET, HEAD').type('text').send('the board changes nothing\n');
};

/** Bull Board over the queues, without its buttons. A model's queue appears when its first video begins. */
function boardOf(queue: QueueContext): RequestHandler[] {
  const serverAdapter = new ExpressAdapter();
  const options = { uiConfig: { boardTitle: `secondglance ${queue.prefix}` } };
  const board = createBullBoard({ queues: [], serverAdapter, options });
  const refresh: RequestHandler = async (_, _response, next) => {
    board.setQueues((await queue.queues.all()).map((each) => new BullMQAdapter(each, { readOnlyMode: true })));
    next();
  };
  return [refresh, serverAdapter.getRouter()];
}

/** Serves the board until `signal` aborts. Returns the exit code. Throws a ListenError, or what keeps Redis from being reached. */
export async function runBoard(
  settings: Settings,
  place: HttpPlace,
  password: string,
  signal: AbortSignal,
): Promise<number> {
  const log = createLog(settings, 'board');
  onInterrupted(signal, (name) => log.info({ signal: name }, 'stopping'));
  const redisPlace = { url: settings.redisUrl, prefix: settings.redisPrefix };
  let queue: QueueContext | undefined;
  const isPresent = async (): Promise<boolean> =>
    queue !== undefined && (await answers(queue, ({ redis }) => redis.ping())) !== undefined;
  const away = `Redis at ${placeOf(settings.redisUrl)} does not answer\n`;

  const app = express().disable('x-powered-by');
  app.get('/healthz', (_, response) => void response.type('text').send('ok\n'));
  app.use(requirePassword(password, ({ ip, path }) => log.warn({ ip, path }, 'wrong password')));
  app.use(readOnly);
  // Redis commands wait while Redis is away; a page must not.
  app.use(async (_, response, next) =>
    (await isPresent()) ? next() : void response.status(503).type('text').send(away),
  );
  const http = await listen(place, app);
  log.info({ host: place.host, port: http.port }, 'the board answers');
  try {
    const redis = await connectService(redisPlace, logLink(log, settings.redisUrl), signal);
    queue = openQueueContext(redis, redisPlace, settings.frameStore);
    app.use('/', ...boardOf(queue));
    log.info({ redis: placeOf(redisPlace.url), prefix: redisPlace.prefix }, 'ready');
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    return EXIT.done;
  } catch (error) {
    if (signal.aborted) return EXIT.done;
    throw error;
  } finally {
    await http.close();
    await queue?.close();
  }
}
