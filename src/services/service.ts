import type { Settings } from '../config/settings-schema.ts';
import type { Guard } from '../ingest/access/guard.ts';
import type { QueueContext } from '../queue/queue-context.ts';

/** Videos that one ingest service decodes at once, for each priority. */
export const INGEST_CONCURRENCY = 2;
/** Videos whose tracks one assembler writes at once: most of them wait for captions. */
export const ASSEMBLE_CONCURRENCY = 100;

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
}

/** Logs and counts a job that was dropped because this version of the program did not write it. */
export function reportRejected({ log, metrics }: ServiceContext, error: Error): void {
  metrics.failed(error);
  log.warn({ err: error }, 'job rejected');
}
