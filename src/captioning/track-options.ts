import { UsageError } from '../core/failures.ts';
import { TRACK_KINDS, type TrackKind } from '../core/kind.ts';
import { languageTag } from '../core/language.ts';
import { PROFILE_NAMES, type ProfileName } from '../pipeline/cues/profiles.ts';

/** What the model writes. */
export const DEFAULT_LANGUAGE = 'en';

function oneOf<Name extends string>(text: string, flag: string, names: readonly Name[]): Name {
  const name = names.find((known) => known === text);
  if (name === undefined) throw new UsageError(`${flag} ${text}: use ${names.join(', ')}`);
  return name;
}

/** Reads `--profile`. Throws a UsageError that names those there are. */
export function parseProfile(text: string): ProfileName {
  return oneOf(text, '--profile', PROFILE_NAMES);
}

/** Reads `--kind`. Throws a UsageError that names those there are. */
export function parseKind(text: string): TrackKind {
  return oneOf(text, '--kind', TRACK_KINDS);
}

/** Reads `--language`, in its canonical form. Throws a UsageError. */
export function parseLanguage(text: string): string {
  const tag = languageTag(text);
  if (tag === undefined) throw new UsageError(`--language ${text}: not a language tag; write it as en, pt-BR or deu`);
  return tag;
}
