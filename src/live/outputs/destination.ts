import type { LiveEvent } from '../live-event.ts';

/**
 * Where captions go: a playlist, a file, a broker. Calls do not overlap, except that `close` may come while another call hangs.
 * What throws is called again after a while, so it must have done nothing, or be able to do it again.
 */
export interface Destination {
  /** For messages, as in `front, playlist`. */
  readonly name: string;
  readonly usesPictures?: boolean;
  /** Takes an event; again the same one where it threw. */
  take(event: LiveEvent): Promise<void>;
  /** Does what is due at this time of day. Called about once a second. */
  work?(): Promise<void>;
  close(): Promise<void>;
}
