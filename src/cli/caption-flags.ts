import { parseFormats } from '../captioning/outputs/plan-outputs.ts';
import { type CaptionRequest, DEFAULT_LANGUAGE, parseLanguage, type TrackInput } from '../captioning/settings.ts';
import { parseName, parseShare, parseTime, parseWhole } from '../config/flag-values.ts';
import { UsageError } from '../core/failures.ts';
import { TRACK_KINDS } from '../core/kind.ts';
import { FRAMES_USAGE, type FrameChoice, parseChoice } from '../ingest/selectors/registry.ts';
import { PROFILE_NAMES } from '../pipeline/cues/profiles.ts';
import type { FormatName } from '../pipeline/formats/formats.ts';
import { parseEncoding } from '../pipeline/formats/text-encoding.ts';
import { languageOfTrack } from '../pipeline/subtitle-names.ts';
import { type ModelFlags, modelOf, writesEnglish } from '../workers/model-flags.ts';

/** The flags of `caption` as commander passes them. */
export interface CaptionFlags extends ModelFlags {
  readonly output?: string;
  readonly format?: string;
  readonly mux?: string;
  readonly burn?: string;
  readonly frames: string;
  readonly from?: string;
  readonly to?: string;
  readonly passes: string;
  readonly events?: boolean;
  readonly minConfidence?: string;
  readonly profile: string;
  readonly kind: string;
  readonly language?: string;
  readonly around?: string;
  readonly track?: string;
  readonly subtitleEncoding?: string;
  readonly workers?: string;
  readonly resume: boolean;
  readonly force?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

function readChoice(text: string): FrameChoice {
  try {
    return parseChoice(text);
  } catch (cause) {
    throw new UsageError(`--frames ${text}: use ${FRAMES_USAGE}`, {
      cause,
    });
  }
}

/** The language that the user named, by itself or in the name of the track file. */
function namedLanguage({ language, track, model }: CaptionFlags): string | undefined {
  if (language === undefined) return track === undefined ? undefined : languageOfTrack(track);
  const tag = parseLanguage(language, '--language');
  // English is what local models write, and a track file may be in any language.
  if (track === undefined && writesEnglish(model) && new Intl.Locale(tag).language !== DEFAULT_LANGUAGE) {
    throw new UsageError(
      `--language ${language}: the model writes English; leave it out, or add a translation with --track FILE --language ${tag}`,
    );
  }
  return tag;
}

/** The dialogue that descriptions stay out of. Throws a UsageError where there are no descriptions to place. */
function aroundOf({ around, kind, track }: CaptionFlags): 'auto' | TrackInput | undefined {
  if (around === undefined) return undefined;
  if (kind !== 'descriptions') {
    throw new UsageError(`--around places descriptions: leave --kind ${kind} out, or leave --around out`);
  }
  if (track !== undefined)
    throw new UsageError('--around places captions, but --track has its own times: leave one of them out');
  if (around === '') throw new UsageError('--around needs auto, or the name of a .vtt or .srt file');
  return around === 'auto' ? 'auto' : { file: around };
}

function trackOf(file: string, encoding: string | undefined): TrackInput {
  if (file === '') throw new UsageError('--track needs the name of a .vtt or .srt file');
  return { file, ...(encoding === undefined ? {} : { encoding: parseEncoding(encoding, '--subtitle-encoding') }) };
}

/** Reads the flags of `caption` and `submit`. Throws a UsageError that says what to write instead. */
export function readCaptionFlags(flags: CaptionFlags): CaptionRequest {
  const formats: FormatName[] | undefined = flags.format === undefined ? undefined : parseFormats(flags.format);
  const from = flags.from === undefined ? undefined : parseTime(flags.from, '--from');
  const to = flags.to === undefined ? undefined : parseTime(flags.to, '--to');
  if (to !== undefined && to <= (from ?? 0))
    throw new UsageError(`--to ${flags.to} is not after the start of the range`);
  if (flags.track === undefined && flags.subtitleEncoding !== undefined) {
    throw new UsageError('--subtitle-encoding is for the file of --track: add it, or leave the encoding out');
  }
  if (flags.track !== undefined && (from ?? to) !== undefined) {
    throw new UsageError(
      '--from and --to choose what is captioned; the cues of --track have their own times: leave them out',
    );
  }
  if (flags.track !== undefined && flags.events === true) {
    throw new UsageError('--events writes captions, but --track already has its cues: leave one of them out');
  }
  const model = modelOf(flags);
  const nameLanguage = namedLanguage(flags);
  const around = aroundOf(flags);
  if (flags.json === true && flags.output === '-') {
    throw new UsageError('--json and -o - both write to stdout: write the captions to a file, or leave --json out');
  }
  return {
    output: {
      ...(flags.output === undefined ? {} : { output: flags.output }),
      ...(formats === undefined ? {} : { formats }),
      ...(flags.mux === undefined ? {} : { mux: flags.mux }),
      ...(flags.burn === undefined ? {} : { burn: flags.burn }),
      ...(nameLanguage === undefined ? {} : { nameLanguage }),
    },
    choice: readChoice(flags.frames),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    passes: parseWhole(flags.passes, '--passes', 1, 2) === 1 ? 1 : 2,
    ...(flags.events === true ? { events: true } : {}),
    ...(flags.minConfidence === undefined
      ? {}
      : { minConfidence: parseShare(flags.minConfidence, '--min-confidence') }),
    profile: parseName(flags.profile, '--profile', PROFILE_NAMES),
    kind: parseName(flags.kind, '--kind', TRACK_KINDS),
    language: nameLanguage ?? DEFAULT_LANGUAGE,
    ...(flags.track === undefined ? {} : { track: trackOf(flags.track, flags.subtitleEncoding) }),
    ...(around === undefined ? {} : { around }),
    ...(model === undefined ? {} : { model }),
    ...(flags.workers === undefined ? {} : { workers: parseWhole(flags.workers, '--workers', 1, 256) }),
    resume: flags.resume,
    force: flags.force ?? false,
    quiet: flags.quiet ?? false,
    verbose: flags.verbose ?? false,
    json: flags.json ?? false,
  };
}
