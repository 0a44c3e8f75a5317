import type { Utterance } from '../../captioning/speech/utterances.ts';
import type { Micros } from '../../core/types.ts';
import type { Chapter } from '../../ingest/probe/chapters.ts';
import type { Sample } from './sample-frames.ts';

/** A keyframe's caption. */
export interface TimedCaption {
  /** Track time. */
  readonly time: Micros;
  /** Empty where the keyframe has no caption. */
  readonly text: string;
  readonly confidence: number;
  /** The heading in the picture, where text was read and there is one. */
  readonly heading?: string;
}

/** Everything about a video that its steps are found from. */
export interface VideoMaterial {
  readonly samples: readonly Sample[];
  /** In order of time. */
  readonly captions: readonly TimedCaption[];
  readonly utterances: readonly Utterance[];
  readonly chapters: readonly Chapter[];
  /** Track time at which the video ends. */
  readonly end: Micros;
}
