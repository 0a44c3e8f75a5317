import { DEFAULT_LANGUAGE, type RunSettings } from '../../captioning/settings.ts';
import { parseChoice } from '../../ingest/selectors/registry.ts';
import type { CaptionModel } from '../../workers/captioner.ts';
import type { Plan } from '../recordings/plan.ts';
import type { Recording } from '../recordings/recordings.ts';
import type { WatchSettings } from '../watch/watch-settings.ts';

/** The settings of `caption` with which a recording is captioned under a plan. */
export function planSettings(
  plan: Plan,
  model: CaptionModel,
  { verbose, events, zone }: Pick<WatchSettings, 'verbose' | 'events' | 'zone'>,
  { camera, start }: Pick<Recording, 'camera' | 'start'>,
): RunSettings {
  return {
    choice: parseChoice(plan.frames),
    passes: plan.passes,
    ...(events ? { events } : {}),
    recorded: { camera, start, zone },
    minConfidence: model.minConfidence,
    profile: 'web',
    kind: 'descriptions',
    language: DEFAULT_LANGUAGE,
    resume: true,
    force: false,
    verbose,
  };
}
