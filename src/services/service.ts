import type { Settings } from '../config/settings-schema.ts';
import { sentenceOf } from '../core/errors.ts';
import type { ImageSpec } from '../core/types.ts';
import type { Guard } from '../ingest/access/guard.ts';
import type { QueueContext } from '../queue/queue-context.ts';
import { isAway } from '../queue/redis/connection.ts';

/** A service that runs in this process. */
export interface Service {
  /** Number of jobs in hand. */
  running(): number;
  /** Takes no more jobs; finishes those in hand or returns them to the queue, within a time limit of its own. */
  stop(): Promise<void>;
}

/** A structured log: facts first, then a short message. */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** What services count. */
export interface ServiceMetrics {
  /** A decoder found keyframes. */
  found(keyframes: number): void;
  /** A group was captioned. */
  captioned(keyframes: number, passes: 1 | 2, seconds: number): void;
  failed(error: unknown): void;
}

/** What all services share. */
export interface ServiceContext {
  readonly queue: QueueContext;
  readonly settings: Settings;
  readonly guard: Guard;
  readonly log: Log;
  readonly metrics: ServiceMetrics;
  /** Picture formats of the models that this process runs or has seen, by SHA-256. */
  readonly images: Map<string, ImageSpec>;
}

/** Logs and counts a job that was dropped because this version of the program did not write it. */
export function reportRejected({ log, metrics }: ServiceContext, error: Error): void {
  metrics.failed(error);
  log.warn({ err: error }, 'job rejected');
}

/** The same trouble is logged again after so long. */
const REPEAT_MS = 60_000;

/**
 * Logs errors of connections, locks and sweeps. Those of a Redis that is away are said elsewhere; others are warnings, each text once a minute.
 */
export function troubleLog(log: Log, message: string): (error: unknown) => void {
  const said = new Map<string, number>();
  return (error) => {
    const text = sentenceOf(error);
    const now = performance.now();
    if (isAway(error) || now - (said.get(text) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS) {
      log.debug({ err: error }, message);
      return;
    }
    if (said.size > 100) said.clear();
    said.set(text, now);
    log.warn({ err: error }, message);
  };
}
