import { UsageError } from '../core/failures.ts';
import type { TrackKind } from '../core/kind.ts';
import { namedLanguageTag } from '../core/language.ts';
import type { Interval } from '../core/time/intervals.ts';
import type { ImageSpec, Micros } from '../core/types.ts';
import type { KeyframeSelector } from '../ingest/selectors/keyframe-selector.ts';
import type { FrameChoice } from '../ingest/selectors/registry.ts';
import type { ProfileName } from '../pipeline/cues/profiles.ts';
import type { ModelChoice } from '../workers/load-model.ts';
import type { OutputRequest } from './outputs/plan-outputs.ts';

/** The language that the models write. */
export const DEFAULT_LANGUAGE = 'en';

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
  /** The camera, and the wall-clock time (milliseconds since 1970) at the start of the track, for prompts. */
  readonly recorded?: { readonly camera: string; readonly start: number; readonly zone: string };
  /** One wording for each event instead of one for each keyframe. */
  readonly events?: boolean;
}

/** The dialogue of a video, which descriptions stay out of. */
export interface Dialogue {
  /** `auto`, or the name and a hash of the track that has it, as JSON lists it. */
  readonly from: string;
  /** Where somebody speaks, in order, from the track's zero. Absent for `auto` until the input has been read. */
  readonly speech?: readonly Interval[];
}

/** What decides the content of a source's tracks. */
export interface TrackSettings extends KeyframeSettings {
  readonly minConfidence: number;
  readonly profile: ProfileName;
  readonly kind: TrackKind;
  /** BCP 47. */
  readonly language: string;
  /** Present where descriptions are placed in the gaps of a dialogue. */
  readonly dialogue?: Dialogue;
}

/** What a run does with existing tracks and with the captions of an interrupted run. */
export interface RunSettings extends TrackSettings {
  /** Use the captions that an interrupted run left in the journal. */
  readonly resume: boolean;
  /** Write tracks that are up to date again, and overwrite files of other origin. */
  readonly force: boolean;
  /** Problems say what was tried. */
  readonly verbose: boolean;
}

/** A track file whose cues are written in place of captions. */
export interface TrackInput {
  readonly file: string;
  /** Detected by default. */
  readonly encoding?: string;
}

/** What `caption` and `submit` are asked to do. What the model decides is not settled yet. */
export interface CaptionRequest extends Omit<RunSettings, 'minConfidence' | 'dialogue'> {
  /** The track whose dialogue descriptions stay out of; `auto`: what each input has. */
  readonly around?: 'auto' | TrackInput;
  readonly minConfidence?: number;
  readonly output: OutputRequest;
  readonly model?: ModelChoice;
  readonly track?: TrackInput;
  /** Inference processes. */
  readonly workers?: number;
  readonly quiet: boolean;
  readonly json: boolean;
}

/** Settles what a request leaves to the model. */
export function applyModelDefaults<Request extends { readonly minConfidence?: number }>(
  request: Request,
  model: { readonly minConfidence: number },
): Request & { readonly minConfidence: number } {
  return { ...request, minConfidence: request.minConfidence ?? model.minConfidence };
}

/** The canonical tag of a language that is given by a tag or a name. Throws a UsageError naming `option`. */
export function parseLanguage(text: string, option: string): string {
  const tag = namedLanguageTag(text);
  if (tag === undefined) throw new UsageError(`${option} ${text}: not a language; write it as en, pt-BR or German`);
  return tag;
}
