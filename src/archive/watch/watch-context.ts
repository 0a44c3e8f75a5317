import type { Reporter } from '../../captioning/progress.ts';
import type { InputSummary } from '../../captioning/summary.ts';
import type { FileLock } from '../../storage/file-lock.ts';
import type { NotificationTransport } from '../alerts/outbox.ts';
import type { Database } from '../index/database.ts';
import type { Plan } from '../recordings/plan.ts';
import type { AttemptRequest } from './attempt.ts';
import type { WatchSettings } from './watch-settings.ts';

/** What describes recordings: this process, or services. */
export interface RecordingCaptioner {
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
  readonly describer: RecordingCaptioner;
  readonly channels: readonly NotificationTransport[];
  readonly lock: FileLock;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}
