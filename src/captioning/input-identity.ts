import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import type { JsonObject, JsonValue } from '../core/json-value.ts';
import { hideAddress } from '../core/text/secrets.ts';
import type { ModelIdentity } from '../core/types.ts';
import type { Source } from '../ingest/sources/sources.ts';
import { DEFAULT_LANGUAGE, type KeyframeSettings, type TrackSettings } from './settings.ts';

/**
 * Identifies an input: a file by path, size and modification time, a URL by its address. Undefined for stdin, which cannot
 * be read again. Throws the system's error if the file cannot be read.
 */
export async function identify(source: Source): Promise<JsonObject | undefined> {
  if (source.kind === 'stdin') return undefined;
  if (source.kind === 'url') return { url: source.input };
  const path = await realpath(source.input);
  const { size, mtimeMs } = await stat(path);
  return { path, size, changed: mtimeMs };
}

/** The owner of a track: the path or address of its input, whatever its content, without secrets. Stdin counts as one input. */
export function sourceOf(identity: JsonObject | undefined): string {
  const { path, url } = identity ?? {};
  return typeof url === 'string' ? hideAddress(url) : String(path ?? '-');
}

/** An identity as it may be written to disk: an address without its secrets, and a hash that distinguishes it from others. */
export function writtenIdentity(identity: JsonObject): JsonObject {
  const { url } = identity;
  return typeof url === 'string' ? { url: hideAddress(url), hash: digest(url) } : identity;
}

/** The options that decide the captions, as journals and tracks list them. */
export function captionOptions({ choice, selector, from, to, passes, events }: KeyframeSettings): JsonObject {
  const frames = 'interval' in choice ? { [choice.mode]: choice.interval / 1e6 } : choice.mode;
  return {
    frames: selector === undefined ? frames : { [selector.name]: frames },
    from: from === undefined ? null : from / 1e6,
    to: to === undefined ? null : to / 1e6,
    passes,
    ...(events === true ? { events } : {}),
  };
}

/** Kind and language of a track, where they differ from the default. */
export function labelOptions({ kind, language }: Pick<TrackSettings, 'kind' | 'language'>): JsonObject {
  return {
    ...(kind === 'descriptions' ? {} : { kind }),
    ...(language === DEFAULT_LANGUAGE ? {} : { language }),
  };
}

/** The options that decide the tracks. The newer ones are listed only if they differ from the default. */
export function trackOptions(settings: TrackSettings): JsonObject {
  const { minConfidence, profile, dialogue } = settings;
  return {
    ...captionOptions(settings),
    minConfidence,
    ...(profile === 'web' ? {} : { profile }),
    ...labelOptions(settings),
    ...(dialogue === undefined ? {} : { around: dialogue.from }),
  };
}

/** What the tracks of an input depend on, without their format: the key of the output manifest. */
export function trackKey(identity: JsonObject | undefined, settings: TrackSettings, model: ModelIdentity): string {
  // Stdin cannot be read again, so its tracks are never up to date.
  return digest({ input: identity ?? { stdin: Date.now() }, options: trackOptions(settings), model: model.sha256 });
}

/** A short hash of what a journal or a track depends on. */
export function digest(facts: JsonValue): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
}
