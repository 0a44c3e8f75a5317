import type { Database } from '../../overnight/database.ts';
import type { Channel } from '../../overnight/outbox.ts';
import type { Plan } from '../../overnight/plan.ts';
import type { FileLock } from '../../pipeline/lock.ts';
import type { Reporter } from '../caption/progress.ts';
import type { InputSummary } from '../caption/summary.ts';
import type { AttemptRequest } from './attempt.ts';
import type { WatchSettings } from './settings.ts';

/** What describes recordings: this process, or services. */
export interface Describer {
  /** How many recordings it takes at once. */
  readonly slots: number;
  /** Makes ready for a plan; what that costs is not the recording's. */
  ready(plan: Plan): Promise<void>;
  /** Tracks, cues in the archive, pictures. Throws what made the whole recording fail. */
  describe(request: AttemptRequest): Promise<InputSummary>;
  /** Gives memory back; `ready` takes it again. */
  rest(): Promise<void>;
}

/** What the parts of a run of `watch` share. */
export interface WatchContext {
  readonly settings: WatchSettings;
  readonly db: Database;
  readonly describer: Describer;
  readonly channels: readonly Channel[];
  readonly lock: FileLock;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}
