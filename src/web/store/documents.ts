import type { FrameCaption, Video, VideoOptions } from '../api/schemas/videos.ts';

/** A video as it is stored. Times are milliseconds since 1970, spans are seconds. */
export interface StoredVideo {
  readonly id: string;
  readonly name: string;
  readonly source: {
    readonly kind: Video['source']['kind'];
    /** The path, or the address with its secrets. */
    readonly input: string;
    readonly label: string;
  };
  readonly state: Video['state'];
  readonly options: VideoOptions;
  readonly added: number;
  readonly begun?: number;
  readonly ended?: number;
  /** Captioned keyframes, and the video time that they cover. */
  readonly keyframes: number;
  readonly covered: number;
  readonly media?: Video['media'];
  readonly model?: Video['model'];
  readonly cues: number;
  readonly edited: boolean;
  readonly proxy: boolean;
  readonly problems: Video['problems'];
}

/** A video of which nothing has been captioned yet. */
export const UNBEGUN = {
  keyframes: 0,
  covered: 0,
  cues: 0,
  edited: false,
  proxy: false,
  problems: [],
} as const satisfies Partial<StoredVideo>;

/** A caption of a keyframe as it is stored. */
export type StoredCaption = FrameCaption;

/** A cue of the model as it is stored. Times are seconds. */
export interface StoredCue {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly from: number[];
}
