import { isWebAddress } from '../../core/text/web-address.ts';
import { clockText } from '../../core/text/wording.ts';
import type { Micros, ModelIdentity } from '../../core/types.ts';
import type { TimedCaption } from '../find/material.ts';

/** A step's picture, beside the guide. */
export interface StepPicture {
  /** Relative to the guide's folder, with `/`. */
  readonly file: string;
  /** Track time of the frame. */
  readonly time: Micros;
}

/** One step of a guide. Times count from the track's zero. */
export interface GuideStep {
  readonly start: Micros;
  readonly end: Micros;
  /** One line, never empty. */
  readonly title: string;
  /** The subtitles; empty where there are none. */
  readonly text: string;
  /** What the step shows, in order of time. */
  readonly captions: readonly TimedCaption[];
  readonly picture?: StepPicture;
}

/** Sources of a guide's words. */
export interface GuideSources {
  /** The name of a file beside the video, or `stream N`; null where there are no subtitles. */
  readonly subtitles: string | null;
  /** Number of chapters of the video. */
  readonly chapters: number;
}

/** The contents of a guide, in whatever format it is written. */
export interface Guide {
  readonly title: string;
  /** Name and version of the program. */
  readonly tool: string;
  readonly model: ModelIdentity;
  readonly source: {
    /** The video: a URL, or its path relative to the guide's folder, with `/`. */
    readonly video: string;
    readonly duration: Micros;
  };
  readonly words: GuideSources;
  /** In order of time, without overlaps. */
  readonly steps: readonly GuideStep[];
}

/** Stands before captions in a guide. */
export const MACHINE_LABEL = 'In the picture:';
/** Stands at the end of a guide with captions. */
export const MACHINE_NOTICE = 'What is in the pictures was described by a machine and may be wrong.';

/** The captions of a step that a reader is shown: those of a step without words of its own. */
export function shownCaptions({ text, captions }: GuideStep): string {
  return text === '' ? captions.map((caption) => caption.text).join('; ') : '';
}

/** A link that plays the video from a time, as a media fragment (W3C, Media Fragments URI 1.0). */
export function playFrom(video: string, time: Micros): string {
  const seconds = String(Math.round(time / 1000) / 1000);
  return `${addressOf(video)}#t=${seconds}`;
}

function addressOf(video: string): string {
  if (isWebAddress(video)) return new URL(video).href.replace(/#.*$/, '');
  const encode = (part: string): string =>
    encodeURIComponent(part).replace(/[()'*!]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`);
  return video.split('/').map(encode).join('/');
}

/** A time as players show it: `1:02:03`, `2:03`, `0:03`. */
export function clock(time: Micros): string {
  return clockText(Math.floor(Math.round(time / 1000) / 1000));
}
