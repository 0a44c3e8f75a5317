import type { Settings } from '../config/settings-schema.ts';
import type { Guard } from '../ingest/access/guard.ts';
import type { QueueContext } from '../queue/queue-context.ts';

/** A service that runs in this process. */
export interface Service {
  /** Jobs in hand. */
  running(): number;
  /** Takes nothing new, ends or gives back what is in hand, within a deadline of its own. */
  stop(): Promise<void>;
}

/** Structured log lines: facts first, then a few words. */
export interface Log {
  debug(facts: object, words: string): void;
  info(facts: object, words: string): void;
  warn(facts: object, words: string): void;
  error(facts: object, words: string): void;
}

/** What services count. */
export interface ServiceMetrics {
  /** Keyframes came out of a decoder. */
  found(keyframes: number): void;
  /** A group was captioned. */
  captioned(keyframes: number, passes: 1 | 2, seconds: number): void;
  /** Something went wrong. */
  failed(error: unknown): void;
}

/** What all services share. */
export interface ServiceContext {
  readonly site: QueueContext;
  readonly settings: Settings;
  readonly guard: Guard;
  readonly log: Log;
  readonly metrics: ServiceMetrics;
}
