import { pruneJournals } from '../captioning/journal-files.ts';
import type { Reporter } from '../captioning/reporter.ts';
import { stateDir } from '../config/state-folder.ts';
import type { GuideResult, StepsContext } from './context.ts';
import { guideFromJsonFile } from './from-json.ts';
import { guideFromVideo } from './from-video.ts';
import type { GuideInput, StepsSettings } from './steps-settings.ts';

/** What making a guide needs of its front end. */
export interface GuideRun {
  readonly signal: AbortSignal;
  readonly reporter: Reporter;
}

/**
 * Makes a guide of a video, or rebuilds one from its steps.json. Throws a UsageError before anything is started, or what
 * made it fail.
 */
export async function makeGuide(input: GuideInput, settings: StepsSettings, run: GuideRun): Promise<GuideResult> {
  const context: StepsContext = { settings, stateDir: stateDir(), ...run };
  await pruneJournals(context.stateDir);
  return 'video' in input ? guideFromVideo(input.video, context) : guideFromJsonFile(input.from, context);
}
