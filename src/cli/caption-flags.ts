import { parseFormats } from '../captioning/outputs/plan-outputs.ts';
import { type CaptionRequest, parseLanguage } from '../captioning/settings.ts';
import { parseName, parseShare, parseTime, parseWhole } from '../config/flag-values.ts';
import { UsageError } from '../core/failures.ts';
import { TRACK_KINDS } from '../core/kind.ts';
import { FRAMES_USAGE, type FrameChoice, parseChoice } from '../ingest/selectors/registry.ts';
import { PROFILE_NAMES } from '../pipeline/cues/profiles.ts';
import type { FormatName } from '../pipeline/formats/formats.ts';
import { type ModelFlags, modelOf } from '../workers/model-flags.ts';

/** The flags of `caption` as commander passes them. */
export interface CaptionFlags extends ModelFlags {
  readonly output?: string;
  readonly format?: string;
  readonly mux?: string;
  readonly burn?: string;
  readonly frames: string;
  readonly from?: string;
  readonly to?: string;
  readonly looks: string;
  readonly minConfidence?: string;
  readonly profile: string;
  readonly kind: string;
  readonly language: string;
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

/** Reads the flags of `caption` and `submit`. Throws a UsageError that says what to write instead. */
export function readCaptionFlags(flags: CaptionFlags): CaptionRequest {
  const formats: FormatName[] | undefined = flags.format === undefined ? undefined : parseFormats(flags.format);
  const from = flags.from === undefined ? undefined : parseTime(flags.from, '--from');
  const to = flags.to === undefined ? undefined : parseTime(flags.to, '--to');
  if (to !== undefined && to <= (from ?? 0))
    throw new UsageError(`--to ${flags.to} is not after the start of the range`);
  const model = modelOf(flags);
  if (flags.json === true && flags.output === '-') {
    throw new UsageError('--json and -o - both want stdout: write the captions to a file, or leave --json out');
  }
  return {
    output: {
      ...(flags.output === undefined ? {} : { output: flags.output }),
      ...(formats === undefined ? {} : { formats }),
      ...(flags.mux === undefined ? {} : { mux: flags.mux }),
      ...(flags.burn === undefined ? {} : { burn: flags.burn }),
    },
    choice: readChoice(flags.frames),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    passes: parseWhole(flags.looks, '--looks', 1, 2) === 1 ? 1 : 2,
    ...(flags.minConfidence === undefined
      ? {}
      : { minConfidence: parseShare(flags.minConfidence, '--min-confidence') }),
    profile: parseName(flags.profile, '--profile', PROFILE_NAMES),
    kind: parseName(flags.kind, '--kind', TRACK_KINDS),
    language: parseLanguage(flags.language, '--language'),
    ...(model === undefined ? {} : { model }),
    ...(flags.workers === undefined ? {} : { workers: parseWhole(flags.workers, '--workers', 1, 256) }),
    resume: flags.resume,
    force: flags.force ?? false,
    quiet: flags.quiet ?? false,
    verbose: flags.verbose ?? false,
    json: flags.json ?? false,
  };
}
