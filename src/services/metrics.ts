import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { SecondGlanceError } from '../core/errors.ts';
import { VERSION } from '../core/version.ts';
import type { QueueContext } from '../queue/queue-context.ts';
import type { ServiceMetrics } from './service.ts';

/** Timeout for the state of the queues. */
const TIMEOUT_MS = 2000;
/** Seconds for a group of eight keyframes: from a GPU to a busy single core. */
const GROUP_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120];

/** Counts of one service process, as Prometheus reads them. */
export interface Metrics extends ServiceMetrics {
  /** Adds the state of `queue` and the number of jobs in hand. */
  watch(queue: QueueContext, running: () => number): void;
  /** All metrics; those of the queue are left out while Redis is away. */
  scrape(): Promise<{ readonly type: string; readonly text: string }>;
}

/** What Redis answers now; undefined while it is away. Has a time-out, because a service's commands wait for Redis. */
export async function answers<T>(
  queue: QueueContext,
  ask: (queue: QueueContext) => Promise<T>,
): Promise<T | undefined> {
  if (queue.redis.status !== 'ready') return undefined;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, TIMEOUT_MS, undefined);
  });
  try {
    return await Promise.race([ask(queue), late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** Gauges of the queue. Every service reports the same values: take the maximum over the instances, not the sum. */
function queueGauges(registry: Registry) {
  const registers = [registry];
  const jobs = new Gauge({
    name: 'secondglance_queue_jobs',
    help: 'Jobs in the queues: waiting, active, failed. The same from every service.',
    labelNames: ['queue', 'state'],
    registers,
  });
  const inFlight = new Gauge({
    name: 'secondglance_groups_in_flight',
    help: 'Groups of keyframes in flight. The same from every service.',
    registers,
  });
  const open = new Gauge({
    name: 'secondglance_videos_unfinished',
    help: 'Videos that are queued or running. The same from every service.',
    registers,
  });
  const up = new Gauge({ name: 'secondglance_redis_up', help: '1 while Redis answers this service.', registers });
  return async (queue: QueueContext | undefined): Promise<void> => {
    const facts =
      queue === undefined
        ? undefined
        : await answers(queue, (of) =>
            Promise.all([of.queues.depths(), of.inFlight.count(), of.redis.zcard(of.keys.open)]),
          );
    up.set(facts === undefined ? 0 : 1);
    jobs.reset();
    for (const gauge of [inFlight, open]) gauge.remove();
    if (facts === undefined) return;
    const [depths, groups, unfinished] = facts;
    for (const [name, depth] of Object.entries(depths)) {
      for (const [state, count] of Object.entries(depth)) jobs.set({ queue: name, state }, count);
    }
    inFlight.set(groups);
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
    help: 'Keyframes found by the decoder.',
    registers,
  });
  const captioned = new Counter({
    name: 'secondglance_keyframes_captioned_total',
    help: 'Keyframes of committed groups; the rate is frames per second.',
    registers,
  });
  const passes = new Counter({
    name: 'secondglance_looks_total',
    help: 'Passes over keyframes: two a keyframe with --passes 2.',
    registers,
  });
  const seconds = new Histogram({
    name: 'secondglance_group_seconds',
    help: 'From reading the frames of a group to its commit.',
    buckets: GROUP_SECONDS,
    registers,
  });
  const failures = new Counter({
    name: 'secondglance_failures_total',
    help: 'Failures by error code, including those of attempts that succeeded later.',
    labelNames: ['code'],
    registers,
  });
  const running = new Gauge({ name: 'secondglance_jobs_in_hand', help: 'Jobs in hand in this process.', registers });
  new Gauge({ name: 'secondglance_info', help: 'The version.', labelNames: ['version'], registers }).set(
    { version: VERSION },
    1,
  );
  const observeQueue = queueGauges(registry);
  let watched: { queue: QueueContext; running: () => number } | undefined;
  return {
    found: (keyframes) => found.inc(keyframes),
    captioned(keyframes, each, took) {
      captioned.inc(keyframes);
      passes.inc(keyframes * each);
      seconds.observe(took);
    },
    failed: (error) => failures.inc({ code: error instanceof SecondGlanceError ? error.code : 'unforeseen' }),
    watch(queue, inHand) {
      watched = { queue, running: inHand };
    },
    async scrape() {
      await observeQueue(watched?.queue);
      running.set(watched?.running() ?? 0);
      return { type: registry.contentType, text: await registry.metrics() };
    },
  };
}
