import { stateDir } from '../config/state-folder.ts';
import { UsageError } from '../core/failures.ts';
import type { TrackKind } from '../core/kind.ts';
import type { Micros } from '../core/types.ts';
import { type FrameChoice, parseChoice } from '../ingest/selectors/registry.ts';
import { expandInputs, type Source } from '../ingest/sources/sources.ts';
import type { ProfileName } from '../pipeline/cues/profiles.ts';
import type { Captioner } from '../workers/captioner.ts';
import { type CaptionRun, startRun } from './caption-run.ts';
import type { InputProgress } from './reporter.ts';
import { type CustomSelector, DEFAULT_LANGUAGE, parseLanguage, type TrackSettings } from './settings.ts';

/** A captioner, with what it recommends to the runs that use it. */
export interface RunCaptioner extends Captioner {
  /** Passes over each keyframe. */
  readonly passes?: 1 | 2;
  /** The lowest confidence of a caption that becomes a cue, 0 to 1. */
  readonly minConfidence?: number;
}

/** How {@link captionVideo} captions. Times are microseconds of track time. */
export interface CaptionVideoOptions {
  /** Open; it stays open when the run ends. From `openCaptioner`, or your own. */
  readonly captioner: RunCaptioner;
  /** Which frames become keyframes: `auto` (the default), `scene`, `keyframes`, `motion:10s`, `every:2s`. */
  readonly frames?: string | FrameChoice;
  /** Your own selector. It gets the frames that `frames` decodes: with `every:500ms` two a second, with `scene` all. */
  readonly selector?: CustomSelector;
  readonly from?: Micros;
  readonly to?: Micros;
  /** Passes over each keyframe; by default as the captioner says, else 2. */
  readonly passes?: 1 | 2;
  /** One cue for each event (what happens between two changes of scene, or while something moves), see `CaptionRun.events`. */
  readonly events?: boolean;
  /** Captions of lower confidence do not become cues; by default as the captioner says, else 0. */
  readonly minConfidence?: number;
  /** Readability rules of cues: `web` by default. */
  readonly profile?: ProfileName;
  /** What the track is to a player: `descriptions` by default. */
  readonly kind?: TrackKind;
  /** BCP 47 tag of the captions' language: `en` by default. */
  readonly language?: string;
  /** Whether captions that an interrupted run left in the journal are used: true by default. */
  readonly resume?: boolean;
  /** Where journals and the output manifest are: `SECONDGLANCE_STATE_DIR`, or the user's state folder, by default. */
  readonly stateDir?: string;
  /**
   * Whether captions (about 300 bytes each) stay in memory, so that readers may come late: true by default. With false,
   * memory does not grow with the video, and readers have to start together with the run.
   */
  readonly retain?: boolean;
  /** Stops the run: every reader gets the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called after every captioned keyframe. */
  readonly onProgress?: (progress: InputProgress) => void;
}

async function oneSource(input: string): Promise<Source> {
  const { sources, problems } = await expandInputs([input]);
  const [source] = sources;
  if (problems[0] !== undefined) throw problems[0].error;
  if (source === undefined || sources.length > 1) {
    throw new UsageError(`captionVideo takes one input, and "${input}" expands to ${sources.length}: see expandInputs`);
  }
  return source;
}

function settingsOf(options: CaptionVideoOptions): TrackSettings {
  const { captioner, frames = 'auto', selector, from, to, profile = 'web', kind = 'descriptions' } = options;
  if (to !== undefined && to <= (from ?? 0)) throw new UsageError('`to` is not after the start of the range');
  return {
    choice: typeof frames === 'string' ? parseChoice(frames) : frames,
    ...(selector === undefined ? {} : { selector }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    passes: options.passes ?? captioner.passes ?? 2,
    ...(options.events === true ? { events: true } : {}),
    minConfidence: options.minConfidence ?? captioner.minConfidence ?? 0,
    profile,
    kind,
    language: parseLanguage(options.language ?? DEFAULT_LANGUAGE, '`language`'),
  };
}

/**
 * Starts captioning a video (or picture): a file, an http(s) URL, `-` for stdin, or a source of `expandInputs`. Throws
 * where the options make no sense; everything else that can go wrong reaches those who read the run.
 */
export function captionVideo(source: string | Source, options: CaptionVideoOptions): CaptionRun {
  return startRun({
    source: typeof source === 'string' ? () => oneSource(source) : async () => source,
    captioner: options.captioner,
    settings: settingsOf(options),
    stateDir: options.stateDir ?? stateDir(),
    resume: options.resume ?? true,
    retain: options.retain ?? true,
    signal: options.signal,
    onProgress: options.onProgress,
  });
}
