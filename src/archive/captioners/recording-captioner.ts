import type { InputSummary } from '../../captioning/summary.ts';
import type { Plan } from '../recordings/plan.ts';
import type { Recording } from '../recordings/recordings.ts';

/** One attempt at captioning a recording. */
export interface CaptionRequest {
  readonly recording: Recording;
  readonly plan: Plan;
  /** Id of the session that the attempt counts for. */
  readonly session: number;
  /** Aborts when the window closes or the run ends. */
  readonly signal: AbortSignal;
}

/** Captions recordings: in this process, or through the queue. */
export interface RecordingCaptioner {
  /** How many recordings it takes at once. */
  readonly concurrency: number;
  /** Loads the model. Throws what concerns every recording, not one. */
  prepare(): Promise<void>;
  /** Writes the tracks, indexes the cues, stores the pictures. Throws what made the whole recording fail. */
  caption(request: CaptionRequest): Promise<InputSummary>;
  /** Frees memory while nothing is to be done; `prepare` takes it again. */
  release(): Promise<void>;
}
