import type { Reporter } from '../../captioning/reporter.ts';
import type { NotificationTransport } from '../alerts/outbox.ts';
import type { RecordingCaptioner } from '../captioners/recording-captioner.ts';
import type { Database } from '../index/database.ts';
import type { WatchSettings } from './watch-settings.ts';
import type { WatchTimings } from './watch-timings.ts';

/** What the parts of a run of `watch` share. */
export interface WatchContext {
  readonly settings: WatchSettings;
  readonly db: Database;
  readonly captioner: RecordingCaptioner;
  readonly transports: readonly NotificationTransport[];
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  readonly timings: WatchTimings;
}
