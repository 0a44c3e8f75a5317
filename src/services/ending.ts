import { type InputSummary, problemOf } from '../captioning/summary.ts';
import type { ServiceContext } from './service.ts';

/** Tells of a job that is not done and belongs to no video that could say so. */
export function dropped({ log, metrics }: ServiceContext, error: Error): void {
  metrics.failed(error);
  log.warn({ err: error }, 'job refused');
}

/** The summary of a video that failed as a whole. */
export function failedSummary(name: string, error: unknown): InputSummary {
  return {
    video: name,
    state: 'failed',
    keyframes: 0,
    cues: 0,
    seconds: 0,
    outputs: [],
    problems: [problemOf(error, true)],
  };
}
