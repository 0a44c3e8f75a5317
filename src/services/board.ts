import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import express, { type RequestHandler } from 'express';
import type { HttpPlace, Settings } from '../config/settings-schema.ts';
import { EXIT } from '../core/failures.ts';
import { onInterrupted } from '../core/lifetime/interruption.ts';
import { openQueueContext, type QueueContext } from '../queue/queue-context.ts';
import { connectService, placeOf } from '../queue/redis/connection.ts';
import { requirePassword } from './board-password.ts';
import { listen } from './http.ts';
import { createLog, logLink } from './log.ts';
import { answers } from './metrics.ts';
import { securityHeaders, unstored } from './security-headers.ts';

/** The board is read-only: the commands that change things know more than the queues do. */
const readOnly: RequestHandler = (request, response, next) => {
  if (request.method === 'GET' || request.method === 'HEAD') next();
  else response.status(405).set('allow', 'GET, HEAD').type('text').send('the board changes nothing\n');
};

/** Bull Board over the queues, without its buttons. A model's queue appears when its first video begins. */
function boardOf(queue: QueueContext): RequestHandler[] {
  const serverAdapter = new ExpressAdapter();
  // The adapter has an application of its own, with Express's own defaults.
  serverAdapter.getRouter().disable('x-powered-by');
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
  // The board's components style themselves.
  app.use(securityHeaders({ inlineStyles: true }), unstored);
  app.get('/healthz', (_, response) => void response.type('text').send('ok\n'));
  app.use(
    requirePassword(password, {
      onWrong: ({ ip, path }) => log.warn({ ip, path }, 'wrong password'),
      onBlocked: ({ ip }) => log.warn({ ip }, 'too many wrong passwords: this client has to wait'),
    }),
  );
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
