import { existsSync } from 'node:fs';
import { problemOf } from '../../captioning/summary.ts';
import { SecondGlanceError } from '../../core/errors.ts';
import type { CaptionRequest } from '../captioners/recording-captioner.ts';
import { readableError } from '../index/database.ts';
import { learnCost } from '../recordings/plan.ts';
import { failRecording, holdRecording } from '../recordings/recordings.ts';
import { FolderAwayError, isEnvironmentError, isOutputError } from './errors.ts';
import type { WatchContext } from './watch-context.ts';
import type { WorkMeter } from './work-meter.ts';

/**
 * What an attempt at a recording came to:
 * - `ended`: it is captioned, or never will be.
 * - `postponed`: it waits for another attempt.
 * - `stopped`: the window closed, or a signal came.
 */
export type AttemptOutcome = 'ended' | 'postponed' | 'stopped';

/** What an attempt needs besides the run's context. */
export interface AttemptRequest extends CaptionRequest {
  /** Which of how many it is, for the progress. */
  readonly position: readonly [number, number];
  readonly meter: WorkMeter;
}

/**
 * Captions one recording, or records why that failed. Throws failures of the environment (see `isEnvironmentError`) and
 * unexpected ones: those concern the whole run.
 */
export async function attempt(context: WatchContext, request: AttemptRequest): Promise<AttemptOutcome> {
  const { db, reporter, captioner } = context;
  const { recording, plan, position, signal, meter } = request;
  await captioner.prepare();
  const stop = meter.start();
  let work: number | undefined;
  try {
    reporter.begin(recording.path, ...position);
    const summary = await captioner.caption(request);
    work = stop();
    learnCost(db, plan, recording.duration, work);
    reporter.end({ ...summary, video: recording.path });
    return 'ended';
  } catch (error) {
    if (work === undefined) stop();
    if (signal.aborted) return 'stopped';
    const { root } = recording;
    const { stateFile } = context.settings;
    return fail(context, request, existsSync(root) ? readableError(stateFile, error) : new FolderAwayError(root));
  }
}

function fail(context: WatchContext, { recording, session }: AttemptRequest, error: unknown): AttemptOutcome {
  const { db, reporter, settings } = context;
  const { id, path: file } = recording;
  if (!(error instanceof SecondGlanceError) || isEnvironmentError(error)) throw error;
  const gone = !isOutputError(error) && !existsSync(file);
  const { code, message } = error;
  // It was missing, and is there: its share or its disk was away.
  const retryable = error.retryable || (code === 'missing-file' && !gone);
  const failure = gone
    ? { code: 'recording-gone', message: `${file} no longer exists`, retryable: false }
    : { code, message, retryable };
  const problem = gone ? { code: failure.code, message: failure.message } : problemOf(error, settings.verbose);
  reporter.end({ video: file, state: 'failed', keyframes: 0, cues: 0, seconds: 0, outputs: [], problems: [problem] });
  if (isOutputError(error)) {
    holdRecording(db, id, failure);
    return 'postponed';
  }
  return failRecording(db, id, session, failure) === 'pending' ? 'postponed' : 'ended';
}
