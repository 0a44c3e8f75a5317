import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { SecondGlanceError } from '../core/errors.ts';
import { VERSION } from '../core/version.ts';
import type { QueueContext } from '../queue/queue-context.ts';
import type { ServiceMetrics } from './service.ts';

/** How long Redis may take to say how much is in its queues. */
const ASK_MS = 2000;
/** Seconds that a group of eight keyframes takes: from a GPU to a busy single core. */
const GROUP_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120];

/** Counts of one service process, as Prometheus reads them. */
export interface Metrics extends ServiceMetrics {
  /** Says how many jobs are in hand, and asks `site` from now on. */
  watch(site: QueueContext, running: () => number): void;
  /** All of it; what Redis knows is left out while Redis is away. */
  scrape(): Promise<{ readonly type: string; readonly text: string }>;
}

/** Whether Redis answers now. Never waits for long: commands of a service wait for Redis for as long as it is away. */
export async function answers<T>(site: QueueContext, ask: (site: QueueContext) => Promise<T>): Promise<T | undefined> {
  if (site.redis.status !== 'ready') return undefined;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ASK_MS, undefined);
  });
  try {
    return await Promise.race([ask(site), late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** Gauges of what all services share. Each of them tells the same: take the maximum over the instances, not the sum. */
function siteGauges(registry: Registry) {
  const registers = [registry];
  const jobs = new Gauge({
    name: 'secondglance_queue_jobs',
    help: 'Jobs in the queues: those that wait, those in work, those given up. The same from every service.',
    labelNames: ['queue', 'state'],
    registers,
  });
  const held = new Gauge({
    name: 'secondglance_groups_in_flight',
    help: 'Groups of keyframes whose frames are kept. The same from every service.',
    registers,
  });
  const open = new Gauge({
    name: 'secondglance_videos_unfinished',
    help: 'Videos that are queued or running. The same from every service.',
    registers,
  });
  const up = new Gauge({ name: 'secondglance_redis_up', help: '1 while Redis answers this service.', registers });
  return async (site: QueueContext | undefined): Promise<void> => {
    const facts =
      site === undefined
        ? undefined
        : await answers(site, ({ queues, redis, keys }) =>
            Promise.all([queues.depths(), redis.zcard(keys.held), redis.zcard(keys.open)]),
          );
    up.set(facts === undefined ? 0 : 1);
    jobs.reset();
    for (const gauge of [held, open]) gauge.remove();
    if (facts === undefined) return;
    const [depths, inFlight, unfinished] = facts;
    for (const [queue, depth] of Object.entries(depths)) {
      for (const [state, count] of Object.entries(depth)) jobs.set({ queue, state }, count);
    }
    held.set(inFlight);
    open.set(unfinished);
  };
}

/** The metrics of a process that runs `service`; names begin with `secondglance_`. */
export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const found = new Counter({
    name: 'secondglance_keyframes_found_total',
    help: 'Keyframes that came out of the decoder.',
    registers,
  });
  const captioned = new Counter({
    name: 'secondglance_keyframes_captioned_total',
    help: 'Keyframes of groups whose result was kept; its rate is the frames a second.',
    registers,
  });
  const looks = new Counter({ name: 'secondglance_looks_total', help: 'Looks at keyframes.', registers });
  const seconds = new Histogram({
    name: 'secondglance_group_seconds',
    help: 'From the frames of a group to its kept result.',
    buckets: GROUP_SECONDS,
    registers,
  });
  const failures = new Counter({
    name: 'secondglance_failures_total',
    help: 'What went wrong, by error code; also what was tried again and then went well.',
    labelNames: ['code'],
    registers,
  });
  const running = new Gauge({ name: 'secondglance_jobs_in_hand', help: 'Jobs that this process works on.', registers });
  new Gauge({ name: 'secondglance_info', help: 'The version.', labelNames: ['version'], registers }).set(
    { version: VERSION },
    1,
  );
  const observeSite = siteGauges(registry);
  let watched: { site: QueueContext; running: () => number } | undefined;
  return {
    found: (keyframes) => found.inc(keyframes),
    captioned(keyframes, each, took) {
      captioned.inc(keyframes);
      looks.inc(keyframes * each);
      seconds.observe(took);
    },
    failed: (error) => failures.inc({ code: error instanceof SecondGlanceError ? error.code : 'unforeseen' }),
    watch(site, inHand) {
      watched = { site, running: inHand };
    },
    async scrape() {
      await observeSite(watched?.site);
      running.set(watched?.running() ?? 0);
      return { type: registry.contentType, text: await registry.metrics() };
    },
  };
}
