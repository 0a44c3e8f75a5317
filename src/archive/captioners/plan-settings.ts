import { DEFAULT_LANGUAGE, type RunSettings } from '../../captioning/settings.ts';
import { parseChoice } from '../../ingest/selectors/registry.ts';
import type { CaptionModel } from '../../workers/captioner.ts';
import type { Plan } from '../recordings/plan.ts';

/** The settings of `caption` that a plan stands for. */
export function planSettings(plan: Plan, model: CaptionModel, verbose: boolean): RunSettings {
  return {
    choice: parseChoice(plan.frames),
    passes: plan.passes,
    minConfidence: model.minConfidence,
    profile: 'web',
    kind: 'descriptions',
    language: DEFAULT_LANGUAGE,
    resume: true,
    force: false,
    verbose,
  };
}
