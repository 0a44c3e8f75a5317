import { applyModelDefaults, type CaptionSettings, readSettings } from '../../captioning/settings.ts';
import { DEFAULT_LANGUAGE } from '../../captioning/track-options.ts';
import type { Bundle } from '../../workers/bundle/bundle.ts';
import type { Plan } from '../recordings/plan.ts';

/** The settings of `caption` that a plan stands for. */
export function planSettings(plan: Plan, bundle: Bundle, verbose: boolean): CaptionSettings {
  const requested = readSettings({
    frames: plan.frames,
    looks: String(plan.passes),
    profile: 'web',
    kind: 'descriptions',
    language: DEFAULT_LANGUAGE,
    resume: true,
    ...(verbose ? { verbose: true } : {}),
  });
  return applyModelDefaults(requested, bundle);
}
