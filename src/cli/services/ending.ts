import { type InputSummary, problemOf } from '../caption/summary.ts';

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
