import type { Micros } from '../core/types.ts';
import type { InputSummary, Problem, RunSummary } from './summary.ts';

/** The progress of one input. */
export interface InputProgress {
  /** Captioned keyframes so far. */
  readonly keyframes: number;
  /** Video time covered so far. */
  readonly covered: Micros;
  /** The video's (or the chosen range's) duration, where it is known. */
  readonly duration?: Micros;
}

/** What a run does before the first caption, and after the last. */
export type Phase =
  | 'starting'
  | 'probing'
  | 'loading the model'
  | 'captioning'
  | 'finding steps'
  | `choosing pictures (${number} of ${number})`
  | 'writing'
  | `writing (${number} %)`;

/** Receives the progress and the results of a run. */
export interface Reporter {
  /** What the run does until the first caption of the input, or after its last. */
  phase(phase: Phase): void;
  begin(video: string, position: number, of: number): void;
  progress(video: string, progress: InputProgress): void;
  /** A message beside the progress. */
  note(line: string): void;
  end(summary: InputSummary): void;
  /** The run has ended; `problem` is what ended it early. */
  close(run: RunSummary, problem?: Problem): void;
}
