import { existsSync } from 'node:fs';
import { problemOf } from '../../captioning/summary.ts';
import { SecondGlanceError } from '../../core/errors.ts';
import { readableError } from '../index/database.ts';
import { learnCost, type Plan } from '../recordings/plan.ts';
import { failRecording, holdRecording, type Recording } from '../recordings/recordings.ts';
import { FolderAwayError, isEnvironmentError, isOutputError } from './errors.ts';
import type { WatchContext } from './watch-context.ts';

/**
 * What came of an attempt at a recording:
 * - `ended`: it is described, or never will be.
 * - `later`: it waits for another attempt.
 * - `stopped`: the window closed, or a signal came.
 */
export type Outcome = 'ended' | 'later' | 'stopped';

/** What one attempt at a recording takes besides the run's context. */
export interface AttemptRequest {
  readonly recording: Recording;
  readonly plan: Plan;
  readonly night: number;
  /** Which of how many it is, for the progress. */
  readonly position: readonly [number, number];
  /** Ends it before its time. */
  readonly signal: AbortSignal;
}

/**
 * Describes one recording, or notes why that cannot be done. Throws what hinders the whole run (see `hinders`), and what
 * nobody foresaw.
 */
export async function attempt(context: WatchContext, request: AttemptRequest): Promise<Outcome> {
  const { db, reporter, describer } = context;
  const { recording, plan, position, signal } = request;
  await describer.ready(plan);
  try {
    const began = performance.now();
    reporter.begin(recording.path, ...position);
    const summary = await describer.describe(request);
    learnCost(db, plan, recording.duration, (performance.now() - began) / describer.slots);
    reporter.end({ ...summary, video: recording.path });
    return 'ended';
  } catch (error) {
    if (signal.aborted) return 'stopped';
    const { root } = recording;
    return failed(
      context,
      request,
      existsSync(root) ? readableError(context.settings.stateFile, error) : new FolderAwayError(root),
    );
  }
}

function failed(context: WatchContext, { recording, night }: AttemptRequest, error: unknown): Outcome {
  const { db, reporter, settings } = context;
  const { id, path: file } = recording;
  if (!(error instanceof SecondGlanceError) || isEnvironmentError(error)) throw error;
  const gone = !isOutputError(error) && !existsSync(file);
  const { code, message, retryable } = error;
  const failure = gone
    ? { code: 'recording-gone', message: `${file} is there no more`, retryable: false }
    : { code, message, retryable };
  const problem = gone ? { code: failure.code, message: failure.message } : problemOf(error, settings.verbose);
  reporter.end({ video: file, state: 'failed', keyframes: 0, cues: 0, seconds: 0, outputs: [], problems: [problem] });
  if (isOutputError(error)) {
    holdRecording(db, id, failure);
    return 'later';
  }
  return failRecording(db, id, night, failure) === 'pending' ? 'later' : 'ended';
}
