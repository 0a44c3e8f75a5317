import type { Caption } from './types.ts';

/** The outcome of {@link CaptionStore.append}. */
export type AppendOutcome =
  /** The captions are durable. */
  | 'committed'
  /** The group had captions already, which stay. */
  | 'duplicate'
  /** The run of the video is over; nothing was written. */
  | 'cancelled';

/** The durable captions of one video's groups: a journal file for one process, or Redis for many machines. */
export interface CaptionStore {
  /** The captions of a group; undefined where there are none. */
  read(group: number): Promise<readonly Caption[] | undefined>;
  /** Resolves when the captions survive a crash. */
  append(group: number, captions: readonly Caption[]): Promise<AppendOutcome>;
}
