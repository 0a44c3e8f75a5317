import path from 'node:path';
import type { Micros } from '../../core/types.ts';
import { outputStatus } from '../../storage/output-manifest.ts';
import type { GuideStep } from './guide.ts';
import type { GuideFolder } from './guide-files.ts';
import { type PictureSource, takePicture } from './pictures.ts';

/** Frames that are compared to find a step's picture, evenly spread. */
const CANDIDATES = 4;

/** True where a step keeps its picture: it is within the step, or it is the user's own. */
async function fits({ folder, stateDir }: GuideFolder, { picture, start, end }: GuideStep): Promise<boolean> {
  if (picture === undefined) return false;
  const status = await outputStatus(stateDir, path.resolve(folder, picture.file), '');
  if (status === 'absent') return false;
  return status === 'foreign' || (picture.time >= start && picture.time < end);
}

function spreadTimes({ start, end }: GuideStep): Micros[] {
  return Array.from({ length: CANDIDATES }, (_, at) => Math.round(start + ((end - start) * (at + 0.5)) / CANDIDATES));
}

/** How pictures that do not fit are replaced. */
export interface FittingOptions {
  readonly signal: AbortSignal;
  /** Overwrite files that the user has put there. */
  readonly force: boolean;
  /** Called with the number of a step whose picture could not be taken. It keeps its earlier one, if any. */
  readonly onFailure: (number: number, error: unknown) => void;
}

/** Steps with a picture each: one that has none, or whose picture is outside its time, gets another one from the video. */
export async function withFittingPictures(
  place: GuideFolder,
  steps: readonly GuideStep[],
  open: () => Promise<PictureSource>,
  { signal, force, onFailure }: FittingOptions,
): Promise<GuideStep[]> {
  const fitted: GuideStep[] = [];
  for (const [at, step] of steps.entries()) {
    if (await fits(place, step)) {
      fitted.push(step);
      continue;
    }
    try {
      const picture = await takePicture(place, await open(), spreadTimes(step), { signal, force });
      fitted.push({ ...step, ...(picture === undefined ? {} : { picture }) });
    } catch (error) {
      signal.throwIfAborted();
      onFailure(at + 1, error);
      fitted.push(step);
    }
  }
  return fitted;
}
