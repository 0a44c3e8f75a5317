import { pino } from 'pino';
import { connectService, placeOf } from '../../queue/connection.ts';
import { openSite } from '../../queue/site.ts';
import { sweep } from '../../queue/sweep.ts';
import type { Settings } from '../config/settings.ts';
import { EXIT } from '../exit.ts';
import { onInterrupt } from '../signals.ts';
import { openGuard } from './guard.ts';
import { reconcile } from './journal.ts';
import type { Log, Service, ServiceContext } from './service.ts';

/** How often a service asks whether it is its turn to look for what Redis forgot. */
const SWEEP_MS = 2000;

/** JSON lines on stderr; `SECONDGLANCE_LOG_LEVEL` says how much. */
function createLog(service: string): Log {
  const level = process.env.SECONDGLANCE_LOG_LEVEL || 'info';
  return pino({ level, base: { service, pid: process.pid } }, pino.destination({ fd: 2, sync: true }));
}

/** Looks again and again for what was forgotten: here by the queue, there by Redis as a whole. */
async function watchOver({ site, log }: ServiceContext, resubmits: boolean, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      if (resubmits)
        for (const id of await reconcile(site)) log.warn({ video: id }, 'forgotten by Redis: submitted again');
      for (const { video, what } of await sweep(site, signal)) log.warn({ video, what }, 'mended');
    } catch (error) {
      if (!signal.aborted) log.debug({ err: error }, 'sweep');
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, SWEEP_MS);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
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
): Promise<number> {
  const log = createLog(name);
  const interruption = onInterrupt((signal) => log.info({ signal }, 'ending'));
  const { signal } = interruption;
  const place = { url: settings.redisUrl, prefix: settings.redisPrefix };
  try {
    const redis = await connectService(
      place,
      (state, reason) => {
        if (state === 'lost') log.warn({ redis: placeOf(place.url), reason }, 'Redis is away: waiting for it');
        else log.info({ redis: placeOf(place.url) }, 'Redis is back');
      },
      signal,
    );
    const site = openSite(redis, place, settings.frameStore);
    const context: ServiceContext = {
      site,
      settings,
      guard: await openGuard(settings),
      log,
      metrics: { found: () => undefined, captioned: () => undefined, failed: () => undefined },
    };
    try {
      const services = await make(context);
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
    interruption.dispose();
  }
}
