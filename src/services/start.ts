import { reconcile } from '../captioning/queued/submitted.ts';
import type { Settings } from '../config/settings-schema.ts';
import { EXIT } from '../core/failures.ts';
import { onInterrupted } from '../core/interruption.ts';
import { sleep } from '../core/sleep.ts';
import { openGuard } from '../ingest/access/guard.ts';
import { openQueueContext, type QueueContext } from '../queue/queue-context.ts';
import { reconcileQueues } from '../queue/reconcile.ts';
import { connectService, placeOf } from '../queue/redis/connection.ts';
import { type HttpServer, serveHttp } from './http.ts';
import { createLog, logLink } from './log.ts';
import { answers, createMetrics } from './metrics.ts';
import type { Service, ServiceContext } from './service.ts';

/** How often a service asks whether it is its turn to look for what Redis forgot. */
const SWEEP_MS = 2000;

/** Looks again and again for what was forgotten: here by the queue, there by Redis as a whole. */
async function watchOver({ site, log }: ServiceContext, resubmits: boolean, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      if (resubmits)
        for (const id of await reconcile(site)) log.warn({ video: id }, 'forgotten by Redis: submitted again');
      for (const { video, what } of await reconcileQueues(site, signal)) log.warn({ video, what }, 'mended');
    } catch (error) {
      if (!signal.aborted) log.debug({ err: error }, 'sweep');
    }
    await sleep(SWEEP_MS, signal).catch(() => undefined);
  }
}

/**
 * Runs services in this process until SIGTERM or SIGINT: then they end in order, and so does this with exit code 0.
 * Where Redis is away they wait for it. Throws what makes it impossible to begin.
 */
export async function runServices(
  name: string,
  settings: Settings,
  make: (context: ServiceContext) => Promise<readonly Service[]>,
  signal: AbortSignal,
): Promise<number> {
  const log = createLog(settings, name);
  const metrics = createMetrics(name);
  onInterrupted(signal, (name) => log.info({ signal: name }, 'ending'));
  const place = { url: settings.redisUrl, prefix: settings.redisPrefix };
  let site: QueueContext | undefined;
  let begun = false;
  const ready = async (): Promise<true | string> => {
    if (signal.aborted) return 'it is ending';
    if (site === undefined || (await answers(site, ({ redis }) => redis.ping())) === undefined) {
      return `Redis at ${placeOf(place.url)} does not answer`;
    }
    return begun || 'it has not begun yet';
  };
  let http: HttpServer | undefined;
  try {
    const guard = await openGuard(settings);
    if (settings.http !== undefined) {
      http = await serveHttp(settings.http, { ready, metrics: () => metrics.scrape() });
      log.info({ host: settings.http.host, port: http.port }, 'answering HTTP');
    }
    const redis = await connectService(place, logLink(log, settings.redisUrl), signal);
    site = openQueueContext(redis, place, settings.frameStore);
    const context: ServiceContext = { site, settings, guard, log, metrics };
    try {
      const services = await make(context);
      metrics.watch(site, () => services.reduce((sum, service) => sum + service.running(), 0));
      begun = true;
      log.info({ redis: placeOf(place.url), prefix: place.prefix }, 'ready');
      await watchOver(context, name !== 'worker', signal);
      await Promise.all(services.map((service) => service.stop()));
      log.info({}, 'ended');
    } finally {
      await site.close();
    }
    return EXIT.done;
  } catch (error) {
    if (signal.aborted) return EXIT.done;
    throw error;
  } finally {
    await http?.close();
  }
}
