import { UsageError } from '../core/failures.ts';
import type { TrackKind } from '../core/kind.ts';
import type { ImageSpec, Micros } from '../core/types.ts';
import type { KeyframeSelector } from '../ingest/selectors/keyframe-selector.ts';
import { FRAMES_USAGE, type FrameChoice, parseChoice } from '../ingest/selectors/registry.ts';
import type { ProfileName } from '../pipeline/cues/profiles.ts';
import type { FormatName } from '../pipeline/formats/formats.ts';
import type { Bundle } from '../workers/bundle/bundle.ts';
import { type OutputRequest, parseFormats } from './outputs.ts';
import { parseKind, parseLanguage, parseProfile } from './track-options.ts';

/** The flags of `caption` as commander hands them over. */
export interface CaptionFlags {
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
  readonly model?: string;
  readonly workers?: string;
  readonly resume: boolean;
  readonly force?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

/** A keyframe selector that a program brings along. */
export interface CustomSelector {
  /** Identifies the selector and its options: a run resumes captions of the same name only. */
  readonly name: string;
  /** Makes a selector for one video. Its frames have the size that `image` says. */
  create(image: ImageSpec): KeyframeSelector;
}

/** What decides which captions a source gets. Times are track times (from the container's start). */
export interface KeyframeSettings {
  readonly choice: FrameChoice;
  /** Selects keyframes from the frames of `choice`, instead of the selector that belongs to it. */
  readonly selector?: CustomSelector;
  readonly from?: Micros;
  readonly to?: Micros;
  readonly passes: 1 | 2;
}

/** What decides the content of a source's tracks. */
export interface TrackSettings extends KeyframeSettings {
  readonly minConfidence: number;
  readonly profile: ProfileName;
  readonly kind: TrackKind;
  /** BCP 47. */
  readonly language: string;
}

/** What a run of `caption` is asked to do, checked. */
export interface CaptionSettings extends TrackSettings {
  readonly output: OutputRequest;
  readonly model?: string;
  readonly workers?: number;
  readonly resume: boolean;
  readonly force: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly json: boolean;
}

/** What the command line says: what it leaves to the bundle is not settled yet. */
export type RequestedSettings = Omit<CaptionSettings, 'minConfidence'> & { readonly minConfidence?: number };

/** Settles what the command line leaves to the bundle. */
export function applyModelDefaults(asked: RequestedSettings, { manifest }: Bundle): CaptionSettings {
  return { ...asked, minConfidence: asked.minConfidence ?? manifest.generation.minConfidence };
}

/** Reads `90`, `90s`, `2m`, `1:30`, `1:02:03.5` as microseconds. Throws a UsageError naming `flag`. */
export function parseTime(text: string, flag: string): Micros {
  const clock = /^(?:(\d+):(?=[0-5]?\d:))?(\d+):([0-5]?\d(?:\.\d+)?)$/.exec(text);
  if (clock !== null) {
    const [, hours = '0', minutes = '0', seconds = '0'] = clock;
    return Math.round((Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1e6);
  }
  const plain = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (plain === null) throw new UsageError(`${flag} ${text}: not a time; write it as 90s, 1:30 or 1:02:03.5`);
  const unit = { ms: 1e3, s: 1e6, m: 60e6, h: 3600e6 }[plain[2] ?? 's'] ?? 1e6;
  return Math.round(Number(plain[1]) * unit);
}

/** Reads a whole number. Throws a UsageError naming `flag`. */
export function parseWhole(text: string, flag: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new UsageError(`${flag} ${text}: give a whole number from ${least} to ${most}`);
  }
  return value;
}

function parseShare(text: string, flag: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) {
    throw new UsageError(`${flag} ${text}: give a number from 0 to 1`);
  }
  return value;
}

function readChoice(text: string): FrameChoice {
  try {
    return parseChoice(text);
  } catch (cause) {
    throw new UsageError(`--frames ${text}: use ${FRAMES_USAGE}`, { cause });
  }
}

/** Checks the flags against each other. Throws a UsageError that says what to write instead. */
export function readSettings(flags: CaptionFlags): RequestedSettings {
  const formats: FormatName[] | undefined = flags.format === undefined ? undefined : parseFormats(flags.format);
  const from = flags.from === undefined ? undefined : parseTime(flags.from, '--from');
  const to = flags.to === undefined ? undefined : parseTime(flags.to, '--to');
  if (to !== undefined && to <= (from ?? 0))
    throw new UsageError(`--to ${flags.to} is not after the start of the range`);
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
    profile: parseProfile(flags.profile),
    kind: parseKind(flags.kind),
    language: parseLanguage(flags.language),
    ...(flags.model === undefined ? {} : { model: flags.model }),
    ...(flags.workers === undefined ? {} : { workers: parseWhole(flags.workers, '--workers', 1, 256) }),
    resume: flags.resume,
    force: flags.force ?? false,
    quiet: flags.quiet ?? false,
    verbose: flags.verbose ?? false,
    json: flags.json ?? false,
  };
}
