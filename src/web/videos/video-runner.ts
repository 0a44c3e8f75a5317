import type { ModelIdentity } from '../../core/types.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import type { WorkerCounts } from '../../queue/queues.ts';
import type { StoredCaption, StoredCue, StoredVideo } from '../store/documents.ts';

/** Hears how a video gets on. */
export interface RunObserver {
  /** The video was opened. */
  media(media: MediaInfo): void;
  /** The model that captions it. */
  model(model: ModelIdentity): void;
  /** A keyframe was captioned; in order. */
  caption(caption: StoredCaption): void;
  /** A cue is complete; in order. */
  cue(cue: StoredCue): void;
  /** Captioned keyframes, and the seconds of video that they cover. */
  progress(keyframes: number, covered: number): void;
}

/** How a run ended. */
export interface RunOutcome {
  readonly state: 'done' | 'partial';
  readonly problems: readonly { readonly code: string; readonly message: string }[];
}

/** Why a run is stopped before its end. What is captioned stays, for a run that goes on from there. */
export type StopReason = 'pause' | 'cancel' | 'shutdown';

/** Captions videos: in this process, or by the services behind Redis. */
export interface VideoRunner {
  readonly kind: 'process' | 'redis';
  /** Videos at once. */
  readonly concurrency: number;
  /**
   * Captions a video and writes its track beside it, going on where an earlier run stopped. `signal` stops it: its reason is a
   * {@link StopReason}. Throws what made the whole video fail.
   */
  caption(video: StoredVideo, observer: RunObserver, signal: AbortSignal): Promise<RunOutcome>;
  /** Forgets what earlier runs of a video have captioned. */
  forget(video: StoredVideo): Promise<void>;
  /** The workers of the services behind Redis; undefined where there are none, or Redis does not answer. */
  workers(): Promise<WorkerCounts | undefined>;
  close(): Promise<void>;
}
