import { DEFAULT_LANGUAGE, parseLanguage, type TrackSettings } from '../../captioning/settings.ts';
import { parseChoice } from '../../ingest/selectors/registry.ts';
import type { VideoOptions } from '../api/schemas/videos.ts';
import { RefusedRequestError } from '../errors.ts';

/** What a model recommends. */
interface ModelDefaults {
  readonly passes: 1 | 2;
  readonly minConfidence: number;
}

function micros(seconds: number): number {
  return Math.round(seconds * 1000) * 1000;
}

/** The settings of a video's track, as `secondglance caption` has them. Throws a RefusedRequestError, a UsageError or `invalid-choice`. */
export function trackSettings(options: VideoOptions, { passes, minConfidence }: ModelDefaults): TrackSettings {
  const { from, to, events = false } = options;
  if (to !== undefined && to <= (from ?? 0)) {
    throw new RefusedRequestError('the range ends before it begins', [
      { pointer: '/body/options/to', detail: 'is not after from' },
    ]);
  }
  return {
    choice: parseChoice(options.frames ?? 'auto'),
    ...(from === undefined ? {} : { from: micros(from) }),
    ...(to === undefined ? {} : { to: micros(to) }),
    passes: options.passes ?? passes,
    ...(events ? { events: true } : {}),
    minConfidence,
    profile: options.profile ?? 'web',
    kind: options.kind ?? 'descriptions',
    language: parseLanguage(options.language ?? DEFAULT_LANGUAGE, 'language'),
  };
}
