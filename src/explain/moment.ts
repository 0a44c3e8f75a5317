import { stat } from 'node:fs/promises';
import { parseTime } from '../config/flag-values.ts';
import type { Micros } from '../core/types.ts';

/** A picture, or a video and a moment in it. */
export interface Moment {
  /** As `caption` takes an input. */
  readonly input: string;
  /** Track time; absent where none was given. */
  readonly time?: Micros;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/**
 * Reads `PICTURE` or `VIDEO@TIME`. An existing file is that file, whether its name has an `@` or not; otherwise the last `@` separates the video
 * from the time. Throws a UsageError where the video exists and the time is not one.
 */
export async function readMoment(text: string): Promise<Moment> {
  const at = text.lastIndexOf('@');
  if (at < 1 || (await exists(text))) return { input: text };
  const [input, time] = [text.slice(0, at), text.slice(at + 1)];
  const isAddress = /^https?:\/\/./i.test(input) && /^\d[\d:.]*\w{0,2}$/.test(time);
  if (!isAddress && !(await exists(input))) return { input: text };
  return { input, time: parseTime(time, '@') };
}
