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

/** Lets through who knows the password, by HTTP's basic scheme and any user name. */
function behind(password: string, onRefused: (request: Request) => void): RequestHandler {
  const wanted = digest(password);
  return (request, response, next) => {
    // Digests have one length, so the comparison takes the same time whatever was sent.
    if (timingSafeEqual(digest(passwordOf(request)), wanted)) next();
    else {
      if (request.headers.authorization !== undefined) onRefused(request);
      const challenge = 'Basic realm="secondglance", charset="UTF-8"';
      response.status(401).set('www-authenticate', challenge).type('text').send('the password of the board, please\n');
    }
  };
}

/** The board is to be looked at only: what is to be changed has commands of its own, which know more than the queues. */
const lookOnly: RequestHandler = (request, response, next) => {
  if (request.method === 'GET' || request.method === 'HEAD') next();
  else response.status(405).set('allow', 'GET, HEAD').type('text').send('the board changes nothing\n');
};

/** Bull Board over the site's queues; it leaves out its buttons. */
function boardOf(site: QueueContext): ExpressAdapter {
  const serverAdapter = new ExpressAdapter();
  const queues = site.queues.all.map((queue) => new BullMQAdapter(queue, { readOnlyMode: true }));
  createBullBoard({ queues, serverAdapter, options: { uiConfig: { boardTitle: `secondglance ${site.prefix}` } } });
  return serverAdapter;
}

/** Shows the queues until SIGTERM or SIGINT. Throws a ListenError, or what makes it impossible to reach Redis. */
export async function runBoard(
  settings: Settings,
  place: HttpPlace,
  password: string,
  signal: AbortSignal,
): Promise<number> {
  const log = createLog(settings, 'board');
  onInterrupted(signal, (name) => log.info({ signal: name }, 'ending'));
  const redisPlace = { url: settings.redisUrl, prefix: settings.redisPrefix };
  let site: QueueContext | undefined;
  const present = async (): Promise<boolean> =>
    site !== undefined && (await answers(site, ({ redis }) => redis.ping())) !== undefined;
  const away = `Redis at ${placeOf(settings.redisUrl)} does not answer\n`;

  const app = express().disable('x-powered-by');
  app.get('/healthz', (_, response) => void response.type('text').send('ok\n'));
  app.use(behind(password, ({ ip, path }) => log.warn({ ip, path }, 'wrong password')));
  app.use(lookOnly);
  // Commands wait for as long as Redis is away; nobody who looks shall.
  app.use(async (_, response, next) =>
    (await present()) ? next() : void response.status(503).type('text').send(away),
  );
  const http = await listen(place, app);
  log.info({ host: place.host, port: http.port }, 'the board answers');
  try {
    const redis = await connectService(redisPlace, logLink(log, settings.redisUrl), signal);
    site = openQueueContext(redis, redisPlace, settings.frameStore);
    app.use('/', boardOf(site).getRouter());
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
    await site?.close();
  }
}
