import type { Keyframe, RecordedBy } from '../../core/types.ts';

/** What a prompt may refer to. */
export interface PromptFacts {
  /** The camera's name, else the video's. */
  readonly camera: string;
  /** The video's name. */
  readonly video: string;
  /** Of the picture: wall-clock time where it is known, else `H:MM:SS` of the video. */
  readonly time: string;
  /** The caption of the keyframe before it in its group of eight; empty for the first. */
  readonly previous: string;
  /** The draft, in the second pass. */
  readonly draft: string;
}

/** `H:MM:SS` */
export function clockTime(micros: number): string {
  const seconds = Math.max(0, Math.floor(micros / 1e6));
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** `2026-11-26 22:05:09`, as clocks in `zone` show it. */
function wallTime(epoch: number, zone: string): string {
  // Swedish writes dates and times in this order.
  return new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone: zone }).format(epoch);
}

/** What a prompt may say about a keyframe. `previous`: the caption before it in its group. */
export function promptFacts(
  { video, pts }: Pick<Keyframe, 'video' | 'pts'>,
  { recorded, previous }: { readonly recorded: RecordedBy | undefined; readonly previous: string },
): Omit<PromptFacts, 'draft'> {
  if (recorded === undefined) return { camera: video, video, time: clockTime(pts), previous };
  const { camera, epoch, zone } = recorded;
  return { camera, video, time: wallTime(epoch + pts / 1000, zone), previous };
}
