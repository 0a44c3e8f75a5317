import type { StepLengths } from './find/boundaries.ts';
import { clearestTimes } from './find/clearest-frames.ts';
import { findSteps } from './find/find-steps.ts';
import type { VideoMaterial } from './find/material.ts';
import { describeSteps } from './guide/describe-steps.ts';
import type { GuideStep } from './guide/guide.ts';
import type { GuideFolder } from './guide/guide-files.ts';
import { type PictureSource, takePicture } from './guide/pictures.ts';

/** How a surveyed video is divided into steps. */
export interface StepChoice {
  readonly lengths: StepLengths;
  /** Captions of lower confidence are left out of the guide. */
  readonly minConfidence: number;
  /** Pictures overwrite files that the user has put there. */
  readonly force: boolean;
  readonly signal: AbortSignal;
  /** Called before the picture of each step is chosen. */
  readonly onPicture?: (number: number, of: number) => void;
}

/** Divides a surveyed video into steps, describes them, and takes a picture of each. Throws as `takePicture`. */
export async function chooseSteps(
  place: GuideFolder,
  video: PictureSource,
  material: VideoMaterial,
  { lengths, minConfidence, force, signal, onPicture }: StepChoice,
): Promise<GuideStep[]> {
  const described = describeSteps(findSteps(material, lengths), material, minConfidence);
  const steps: GuideStep[] = [];
  for (const [at, step] of described.entries()) {
    onPicture?.(at + 1, described.length);
    const times = clearestTimes(material.samples, step.start, step.end);
    const picture = await takePicture(place, video, times, { signal, force });
    steps.push({ ...step, ...(picture === undefined ? {} : { picture }) });
  }
  return steps;
}
