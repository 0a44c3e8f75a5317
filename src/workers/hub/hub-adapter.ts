import type { Micros, Region } from '../../core/types.ts';
import type { Hypothesis } from '../decoding/beam-search.ts';
import type { RawPicture } from '../regions/detail-regions.ts';

/** What a second pass came to. */
export interface Refined {
  readonly text: string;
  readonly confidence: number;
  /** The parts of the picture that were looked at. */
  readonly regions: readonly Region[];
}

/** The first pass's caption of a picture. */
export interface Draft {
  readonly picture: RawPicture;
  readonly text: string;
  readonly hypothesis: Hypothesis;
}

/** A frame of a video. */
export interface TimedPicture extends RawPicture {
  readonly pts: Micros;
}

/** A loaded model of a family: its first pass, and its own second pass from draft to regions to refined caption. */
export interface HubAdapter {
  /** Captions pictures of any size. */
  describe(pictures: readonly RawPicture[]): Promise<readonly Hypothesis[]>;
  captionOf(tokens: readonly number[]): string;
  /** Where the draft says that it is worth looking again, best first. */
  regions(draft: Draft): Promise<readonly Region[]>;
  /** The draft corrected by what the regions show. */
  refine(draft: Draft, regions: readonly Region[]): Promise<Refined>;
  /** One caption for several pictures of one event, in order of time. */
  together(pictures: readonly TimedPicture[]): Promise<Hypothesis | undefined>;
  release(): Promise<void>;
}
