import { closingTime, type TimeWindow } from '../clock/time-window.ts';
import type { Hit } from '../index/search-cues.ts';

/** What users are notified of. */
export interface Alerts {
  /** As `search` takes them. */
  readonly queries: readonly string[];
  /** Match the words as they are, without other words for the same kinds. */
  readonly exact: boolean;
  /** Captions of a lower confidence do not count. */
  readonly minConfidence: number;
  /** Zone of the recorders, as IANA names it. */
  readonly zone: string;
  /** Only what was seen at this time of day, in `zone`, counts. */
  readonly window?: TimeWindow;
  /** Only what this camera saw counts; case does not matter. */
  readonly camera?: string;
}

/** Whether what this camera sees counts where only `wanted` does, if that is given. */
export function isCamera(camera: string, wanted: string | undefined): boolean {
  return wanted === undefined || wanted.toLowerCase() === camera.toLowerCase();
}

/** Whether a caption that matches the words is one to notify of, by its camera, its confidence and the time of day. */
export function isWanted(
  { camera, confidence, start }: Pick<Hit, 'camera' | 'confidence' | 'start'>,
  { camera: only, minConfidence, window, zone }: Omit<Alerts, 'queries' | 'exact'>,
): boolean {
  return (
    confidence >= minConfidence &&
    isCamera(camera, only) &&
    (window === undefined || closingTime(window, start, zone) !== undefined)
  );
}
