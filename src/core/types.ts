import type { CueStyle } from './cue-style.ts';

/** A time or span in integer microseconds. Exact in a JavaScript number for 285 years. */
export type Micros = number;

/** The picture format of a model. ffmpeg (or sharp, for stills) scales to exactly this. */
export interface ImageSpec {
  readonly width: number;
  readonly height: number;
  /**
   * `stretch`: the whole frame squeezed to the size; `crop`: short side scaled, then the centre cut out; `fit`: the whole frame in its own
   * shape, within the size and never enlarged.
   */
  readonly resize: 'stretch' | 'crop' | 'fit';
  readonly filter: 'bilinear' | 'bicubic' | 'lanczos' | 'area';
  /** YCbCr matrix assumed where the source names none. */
  readonly matrix: 'bt601' | 'bt709';
  /** The model reads: `scene` also selects frames in which text has appeared or gone. */
  readonly readsText?: true;
}

/** The event that a keyframe belongs to: what happens between two changes of a video. */
export interface EventMark {
  /** 0, 1, 2, ... in order of time. */
  readonly index: number;
  /** When it begins, on the source's clock. */
  readonly start: Micros;
}

/** One selected frame of a video, scaled for the model. */
export interface Keyframe {
  /** The video's name, as outputs show it. */
  readonly video: string;
  /** 0, 1, 2, ... in order of `pts`. */
  readonly index: number;
  /** The source's own presentation time, as the container has it (not shifted to start at zero). */
  readonly pts: Micros;
  /** True where the picture equals the previous keyframe: selected because time passed, not because something changed. */
  readonly still: boolean;
  readonly width: number;
  readonly height: number;
  /** RGB, 8 bits, rows from the top, `width * height * 3` bytes. */
  readonly pixels: Uint8Array;
  /** The scene that it belongs to: 0, 1, 2, ... No cut lies between keyframes with the same number. Absent where it is not known. */
  readonly scene?: number;
  /** Where events are asked for. */
  readonly event?: EventMark;
}

/** Keyframes per group. Groups are cut by index (and at the ends of events), so that batches never depend on timing. */
export const GROUP_SIZE = 8;

/**
 * Keyframes `[8 * index .. 8 * index + 7]` of one video: the unit of inference, of the journal and of a retry. Where events are asked for, at most
 * eight keyframes of one event.
 */
export interface Group {
  readonly video: string;
  readonly index: number;
  readonly keyframes: readonly Keyframe[];
  /** Where and when it was recorded, where that is known. */
  readonly recorded?: RecordedBy;
}

/** The camera and the clock of a recording. */
export interface RecordedBy {
  readonly camera: string;
  /** Milliseconds since 1970 (UTC) at PTS 0. */
  readonly epoch: number;
  /** The time zone of the camera, as IANA names it. */
  readonly zone: string;
}

/** A part of a picture, in fractions of its width and height from the top left, with four decimals. */
export interface Region {
  /** What it was looked at for, where that has a name. */
  readonly label?: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A line of text in a picture, with the upright box around it in fractions of the picture's width and height, with four decimals. */
export interface TextLine {
  readonly text: string;
  /** The mean probability of its characters, 0 to 1, with four decimals. */
  readonly confidence: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The model's output for one keyframe. */
export interface Caption {
  readonly video: string;
  readonly index: number;
  readonly pts: Micros;
  readonly still: boolean;
  /** The caption of the first pass, decoded as a single pass would. */
  readonly draft: string;
  /** The final text; equal to `draft` after one pass; empty where `error` is set. */
  readonly text: string;
  /** Geometric mean of the token probabilities of `text`, 0 to 1, rounded to 4 decimals; 0 where `error` is set. */
  readonly confidence: number;
  readonly passes: 1 | 2;
  /** The picture is of one colour, too dark to read, or colour bars: `draft` and `text` are empty, `confidence` is 0. */
  readonly nothingVisible?: true;
  /** The parts of the picture that the second pass looked at, where it looks at parts. */
  readonly regions?: readonly Region[];
  /** The text in the picture as a person reads it, where it was read. */
  readonly lines?: readonly TextLine[];
  /** Why this keyframe has no caption; others are not affected. */
  readonly error?: { readonly code: string; readonly message: string };
  /** The scene of its keyframe, where it is known. */
  readonly scene?: number;
  /** Where events are asked for. */
  readonly event?: EventMark;
  /** One wording for all keyframes of its group, which belong to one event. On one caption of the group at most. */
  readonly joint?: JointCaption;
}

/** A wording for several keyframes of one event, read together. */
export interface JointCaption {
  readonly text: string;
  /** As in a {@link Caption}. */
  readonly confidence: number;
}

/** What happens between two changes of a video, in one wording. Times count from the track's zero, as those of cues. */
export interface VideoEvent {
  /** 0, 1, 2, ... in order of time. */
  readonly index: number;
  readonly start: Micros;
  readonly end: Micros;
  /** Empty where its keyframes agree on nothing, or show nothing. */
  readonly text: string;
  /** 0 to 1, as in a {@link Caption}. */
  readonly confidence: number;
  /** How many of its keyframes name, in their own captions, what the text names. */
  readonly support: number;
  /** How many keyframes have a caption of their own. */
  readonly frames: number;
  /** Index of its first keyframe, and of its last. */
  readonly first: number;
  readonly last: number;
}

/** One timed text of a track. Times count from the track's zero (the container's start) and are rounded by the writer only. */
export interface Cue {
  readonly start: Micros;
  readonly end: Micros;
  /** One or two lines, joined with a line feed; plain text, not escaped. */
  readonly text: string;
  /** Indices of its keyframes. */
  readonly from: readonly number[];
  /** How it looks, where it comes from a track file that says so. */
  readonly style?: CueStyle;
}

/** Which model wrote a caption. */
export interface ModelIdentity {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of bundle.json, which names the sha256 of every file in the bundle. */
  readonly sha256: string;
}
