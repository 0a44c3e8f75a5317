import type { ImageSpec, Micros } from '../../core/types.ts';
import type { MediaInfo } from '../probe/media-info.ts';
import { STEP_BACK, STEP_FORWARD } from '../probe/packet-clock.ts';
import { decodesInParts } from '../probe/packet-times.ts';
import { microsToSeconds } from '../probe/rational.ts';

/** Half a microsecond: `pts * TB` is a double, and rounding must not move it across a bound. */
const EPSILON = '0.0000005';
/** Two times that are this near (seconds) are one, rounded to microseconds. */
const ONE_TIME = '0.000001';
/** swscale's default paths differ between CPUs and blur chroma; these flags cost almost nothing at the model's size. */
export const SCALE_ACCURACY = 'accurate_rnd+full_chroma_int+full_chroma_inp+bitexact';
/** Luminance (cd/m2) that maps to 1 before the tone curve, so that reference white (203, ITU-R BT.2408) comes out near white. */
const HDR_NOMINAL_PEAK = 100;

/** Which decoded frames ffmpeg outputs. Times are source times. */
export interface FrameSelection {
  /**
   * `keys`: key frames; `sampled`: the first frame, key frames, and others a second after the last output; `spaced`: without the key frames;
   * `at`: the frames of exactly these times.
   */
  readonly pick:
    | 'all'
    | 'keys'
    | 'sampled'
    | 'spaced'
    | { readonly interval: Micros }
    | { readonly at: readonly Micros[] };
  /** No frame before this. */
  readonly from: Micros | null;
  /** No frame at or after this. */
  readonly to: Micros | null;
}

/**
 * The filter graph from decoded frame to the model's RGB. `showinfo@all` reports every decoded frame on stderr and `showinfo@out` every frame
 * that is output, with exact times.
 */
export function filterGraph(media: MediaInfo, image: ImageSpec, selection: FrameSelection, zscale: boolean): string[] {
  return [
    ...(decodesInParts(media) ? [] : [onwardTimes(media.times.announced)]),
    'showinfo@all=checksum=0',
    ...rangeFilter(selection),
    ...pickFilter(selection),
    ...upright(media, media.hdr && zscale),
    ...(media.hdr && zscale ? toneMap(media, image) : plainScale(media, image)),
    ...(image.resize === 'crop' ? [`crop=${image.width}:${image.height}`] : []),
    'setsar=1',
    'format=rgb24',
    'showinfo@out=checksum=0',
  ];
}

/** The filters that turn a frame as it is displayed. */
const TURNS: Readonly<Record<number, readonly string[]>> = {
  90: ['transpose=clock'],
  180: ['hflip', 'vflip'],
  270: ['transpose=cclock'],
};

/**
 * Rotation. Filters that do so, and zscale, keep the size with which they begin: frames of another size are scaled to the first one before.
 * ffmpeg rotates before all filters where the frames are mirrored too.
 */
function upright({ rotation, mirrored, width, height }: MediaInfo, converted: boolean): readonly string[] {
  const turns = mirrored ? [] : (TURNS[rotation] ?? []);
  return turns.length > 0 || (converted && !mirrored) ? [`scale=${width}:${height}`, ...turns] : turns;
}

/** At an announced discontinuity, a step forward by more than this begins a new clock. */
const ANNOUNCED_STEP: Micros = 1_000_000;
/** Length of a frame (seconds) until two frames have shown it. */
const FRAME = 0.04;

/**
 * Times that only go on, for streams whose own may start again, be inexact or be missing: where a new clock begins, its first frame follows the
 * one before it by the last frame's length, as players show it; all other frames keep their distances. A single frame that comes late does
 * not begin one: the frame after it is back on the old clock. Registers: 0 the offset of the clock, 1 the last frame's length, 2 the last
 * time on the clock, 3 the last time given, 4 this time, 5 the step to it, 6 the last time on the clock before, 7 its offset, 8 the number of
 * the frame with which the clock began.
 */
function onwardTimes(announced: boolean): string {
  const back = `${microsToSeconds(STEP_BACK)}/TB`;
  const forward = `${microsToSeconds(announced ? ANNOUNCED_STEP : STEP_FORWARD)}/TB`;
  const newClock = `lt(ld(5),-${back})+gt(ld(5),${forward})`;
  const first = `st(8,-9);st(1,${FRAME}/TB);st(4,if(isnan(PTS),0,PTS));st(2,ld(4));st(3,ld(4))`;
  const next = [
    'st(4,if(isnan(PTS),ld(2)+ld(1),PTS))',
    'st(5,ld(4)-ld(2))',
    `if(eq(N,ld(8)+1)*gt(ld(4),ld(6))*lt(ld(4)-ld(6),${back}),st(0,ld(7)),` +
      `if(${newClock},(st(6,ld(2));st(7,ld(0));st(8,N);st(0,ld(0)+ld(1)-ld(5))),` +
      'if(gt(ld(5),0)*lt(ld(5),1/TB),st(1,ld(5)))))',
    'st(2,ld(4))',
    'st(3,max(ld(4)+ld(0),ld(3)+1))',
  ].join(';');
  return `setpts='if(N,(${next}),(${first}))'`;
}

function rangeFilter({ from, to }: FrameSelection): string[] {
  const bounds = [
    ...(from === null ? [] : [`gte(pts*TB+${EPSILON},${microsToSeconds(from)})`]),
    ...(to === null ? [] : [`lt(pts*TB+${EPSILON},${microsToSeconds(to)})`]),
  ];
  return bounds.length === 0 ? [] : [`select='${bounds.join('*')}'`];
}

function pickFilter({ pick }: FrameSelection): string[] {
  const aSecondLater = `gte((pts-prev_selected_pts)*TB+${EPSILON},1)`;
  if (pick === 'all') return [];
  if (pick === 'keys') return ["select='key'"];
  if (pick === 'sampled') return [`select='isnan(prev_selected_pts)+key+${aSecondLater}'`];
  if (pick === 'spaced') return [`select='isnan(prev_selected_pts)+${aSecondLater}'`];
  if ('at' in pick) {
    return [`select='${pick.at.map((time) => `lt(abs(pts*TB-${microsToSeconds(time)}),${ONE_TIME})`).join('+')}'`];
  }
  // start_pts is the first frame that reaches this filter, that is: the first one inside the range.
  const slot = (pts: string): string => `floor(((${pts}-start_pts)*TB+${EPSILON})/${microsToSeconds(pick.interval)})`;
  return [`select='if(isnan(prev_selected_pts),1,gt(${slot('pts')},${slot('prev_selected_pts')}))'`];
}

/** The frame as displayed: rotated, with square pixels. */
function shownSize(media: MediaInfo): { width: number; height: number } {
  const wide = media.width * (media.sampleAspect.num / media.sampleAspect.den);
  return media.rotation % 180 === 0 ? { width: wide, height: media.height } : { width: media.height, height: wide };
}

/** The exact size of a source's frames: `fit` as the `stretch` that it comes to for this source. */
export function exactImage(media: MediaInfo, image: ImageSpec): ImageSpec {
  if (image.resize !== 'fit') return image;
  const shown = shownSize(media);
  const factor = Math.min(1, image.width / shown.width, image.height / shown.height);
  const side = (length: number): number => Math.max(1, Math.round(length * factor));
  return { ...image, resize: 'stretch', width: side(shown.width), height: side(shown.height) };
}

/** The size before cropping: the frame as displayed (rotated, with square pixels), its short side fitting. */
export function scaledSize(media: MediaInfo, image: ImageSpec): { width: number; height: number } {
  if (image.resize === 'stretch') return { width: image.width, height: image.height };
  const shown = shownSize(media);
  const factor = Math.max(image.width / shown.width, image.height / shown.height);
  return {
    width: Math.max(image.width, Math.round(shown.width * factor)),
    height: Math.max(image.height, Math.round(shown.height * factor)),
  };
}

function plainScale(media: MediaInfo, image: ImageSpec): string[] {
  const { width, height } = scaledSize(media, image);
  // A tagged source keeps its own matrix; ffmpeg assumes BT.601 for untagged ones.
  const matrix = media.matrix === null ? `:in_color_matrix=${image.matrix}` : '';
  return [`scale=${width}:${height}:flags=${image.filter}+${SCALE_ACCURACY}${matrix}`];
}

/** Matrices from which zscale can go to linear light. Of the others (such as constant luminance) BT.2020's usual one comes closest. */
const LINEARIZED: ReadonlySet<string> = new Set(
  'bt709 fcc bt470bg smpte170m smpte240m ycgco bt2020nc chroma-derived-nc ictcp'.split(' '),
);

/** PQ or HLG to SDR. Scales first, so that the expensive filters work on few pixels. */
function toneMap(media: MediaInfo, image: ImageSpec): string[] {
  const { width, height } = scaledSize(media, image);
  const filter = image.filter === 'area' ? 'bilinear' : image.filter;
  const matrix = media.matrix !== null && LINEARIZED.has(media.matrix) ? media.matrix : 'bt2020nc';
  const tags = [
    `color_trc=${media.transfer}`,
    `color_primaries=${media.primaries ?? 'bt2020'}`,
    `colorspace=${matrix}`,
    `range=${media.range ?? 'tv'}`,
  ];
  return [
    // zscale rejects odd sizes where the chroma has half the size.
    'crop=floor(iw/2)*2:floor(ih/2)*2',
    // zscale rejects frames without these tags.
    `setparams=${tags.join(':')}`,
    `zscale=w=${width}:h=${height}:f=${filter}:t=linear:npl=${HDR_NOMINAL_PEAK}`,
    'format=gbrpf32le',
    'zscale=p=bt709',
    'tonemap=tonemap=hable:desat=0',
    'zscale=t=bt709:m=gbr:r=pc',
  ];
}
