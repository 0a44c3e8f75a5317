import { resubmitLost } from '../captioning/queued/submitted.ts';
import type { Settings } from '../config/settings-schema.ts';
import { EXIT } from '../core/failures.ts';
import { withResources } from '../core/lifetime/disposal.ts';
import { onInterrupted } from '../core/lifetime/interruption.ts';
import { untilAbort } from '../core/lifetime/until-abort.ts';
import { sleep } from '../core/time/sleep.ts';
import { openGuard } from '../ingest/access/guard.ts';
import type { JobKind } from '../queue/jobs.ts';
import { openQueueContext, type QueueContext } from '../queue/queue-context.ts';
import { reconcileQueues } from '../queue/reconcile.ts';
import { connectService, placeOf } from '../queue/redis/connection.ts';
import type { ModelChoice } from '../workers/load-model.ts';
import { ASSEMBLE_CONCURRENCY, INGEST_CONCURRENCY } from './concurrency.ts';
import { serveHttp } from './http.ts';
import { createLog, logLink } from './log.ts';
import { answers, createMetrics } from './metrics.ts';
import { type Service, type ServiceContext, troubleLog } from './service.ts';

/** What the commands of services can set. */
export interface ServiceOptions {
  /** Jobs at once: videos for ingest (for each priority) and assemble, inference processes for a worker. */
  readonly concurrency?: number;
  /** A worker's model. */
  readonly model?: ModelChoice;
}

type StartService = (context: ServiceContext, options: ServiceOptions) => Promise<Service>;

/** What starts the service for each kind of job: a kind without one does not compile. Modules are loaded when they are needed. */
const STARTERS: { readonly [Kind in JobKind]: StartService } = {
  async video(context, { concurrency = INGEST_CONCURRENCY }) {
    const { ingestService } = await import('./ingest.ts');
    return ingestService(context, concurrency);
  },
  async group(context, { concurrency, model }) {
    const { loadModel } = await import('../workers/load-model.ts');
    const { workerService } = await import('./worker.ts');
    const { device, workerConcurrency } = context.settings;
    const asked = typeof model === 'string' ? { name: model } : model;
    const found = await loadModel({
      ...asked,
      provider: device === 'auto' ? 'cpu' : device,
      checkUrl: (url) => context.guard.url(url),
    });
    for (const note of found.notes ?? []) context.log.warn({ model: found.model.name }, note);
    context.images.set(found.model.sha256, found.image);
    return workerService(context, found, concurrency ?? workerConcurrency);
  },
  async tracks(context, { concurrency = ASSEMBLE_CONCURRENCY }) {
    const { assembleService } = await import('./assemble.ts');
    return assembleService(context, concurrency);
  },
};

/** The kind of job that each service command handles. */
const KINDS = { ingest: 'video', worker: 'group', assemble: 'tracks' } as const;

/** The service commands; `up` runs all services in one process. */
export type ServiceName = keyof typeof KINDS | 'up';

/** Starts the services of a command. Where one cannot start, those before it are stopped. */
async function startServices(
  name: ServiceName,
  context: ServiceContext,
  options: ServiceOptions,
): Promise<readonly Service[]> {
  if (name !== 'up') return [await STARTERS[KINDS[name]](context, options)];
  const { concurrency: _, ...shared } = options;
  const services: Service[] = [];
  try {
    // The worker first: its model may be missing.
    services.push(await STARTERS.group(context, options));
    services.push(await STARTERS.video(context, shared));
    services.push(await STARTERS.tracks(context, shared));
    return services;
  } catch (error) {
    await Promise.all(services.map((service) => service.stop()));
    throw error;
  }
}

/** Finds lost work again and again: in the queues, and on this machine's disk what Redis has lost altogether. */
async function reconcile({ queue, log }: ServiceContext, resubmits: boolean, signal: AbortSignal): Promise<void> {
  const trouble = troubleLog(log, 'reconcile');
  const turn = async (): Promise<void> => {
    if (resubmits)
      for (const id of await resubmitLost(queue)) log.warn({ video: id }, 'lost by Redis: submitted again');
    for (const { video, what } of await reconcileQueues(queue, signal)) log.warn({ video, what }, 'repaired');
  };
  while (!signal.aborted) {
    try {
      // A Redis that is away answers once it is back: a service that stops does not wait for that.
      await untilAbort(turn(), signal);
    } catch (error) {
      if (!signal.aborted) trouble(error);
    }
    await sleep(queue.timings.reconcileMs / 2, signal).catch(() => undefined);
  }
}

/**
 * Runs the services of a command in this process until `signal` aborts, and stops them in order; waits for a Redis that is away.
 * Returns the exit code. Throws what keeps them from starting.
 */
export async function runServices(
  name: ServiceName,
  settings: Settings,
  options: ServiceOptions,
  signal: AbortSignal,
): Promise<number> {
  const log = createLog(settings, name);
  const metrics = createMetrics(name);
  onInterrupted(signal, (interruption) => log.info({ signal: interruption }, 'stopping'));
  const place = { url: settings.redisUrl, prefix: settings.redisPrefix };
  let queue: QueueContext | undefined;
  let started = false;
  const ready = async (): Promise<true | string> => {
    if (signal.aborted) return 'the service is stopping';
    if (queue === undefined || (await answers(queue, ({ redis }) => redis.ping())) === undefined) {
      return `Redis at ${placeOf(place.url)} does not answer`;
    }
    return started || 'the service is starting';
  };
  return withResources(async (resources) => {
    const guard = await openGuard(settings);
    if (settings.http !== undefined) {
      const http = await serveHttp(settings.http, { ready, metrics: () => metrics.scrape() });
      resources.defer(() => http.close());
      log.info({ host: settings.http.host, port: http.port }, 'answering HTTP');
    }
    const redis = await connectService(place, logLink(log, settings.redisUrl), signal);
    queue = resources.adopt(openQueueContext(redis, place, settings.frameStore), (opened) => opened.close());
    const context: ServiceContext = { queue, settings, guard, log, metrics, images: new Map() };
    const services = await startServices(name, context, options);
    metrics.watch(queue, () => services.reduce((sum, service) => sum + service.running(), 0));
    started = true;
    log.info({ redis: placeOf(place.url), prefix: place.prefix }, 'ready');
    await reconcile(context, name !== 'worker', signal);
    await Promise.all(services.map((service) => service.stop()));
    log.info({}, 'stopped');
    return EXIT.done;
  }).catch((error: unknown) => {
    if (signal.aborted) return EXIT.done;
    throw error;
  });
}
