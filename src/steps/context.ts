import type { Reporter } from '../captioning/reporter.ts';
import type { Problem } from '../captioning/summary.ts';
import type { Micros } from '../core/types.ts';
import type { StepsSettings } from './steps-settings.ts';

/** What the parts of a run of `steps` share. */
export interface StepsContext {
  readonly settings: StepsSettings;
  readonly stateDir: string;
  readonly signal: AbortSignal;
  readonly reporter: Reporter;
}

/** What a guide came to. */
export interface GuideResult {
  readonly video: string;
  readonly state: 'done' | 'partial' | 'skipped';
  readonly steps: number;
  /** Number of captioned keyframes. */
  readonly keyframes: number;
  /** Those of them whose captions an earlier run wrote; absent if there are none. */
  readonly reused?: number;
  readonly duration?: Micros;
  readonly files: readonly string[];
  readonly folder: string;
  readonly problems: readonly Problem[];
}
