import type { ImageSpec, Micros } from '../../core/types.ts';
import { SCALE_ACCURACY } from '../decode/filters.ts';
import { microsToSeconds } from '../probe/rational.ts';

/** Which frames are wanted. `keys`: the key frames of the stream; `sampled`: these, and others a second apart; or one every `interval`. */
export type LivePick = 'keys' | 'sampled' | { readonly interval: Micros };

/** The shortest time between two frames that are handed over (seconds): in some codecs every frame is a key frame. */
const LEAST = '0.9';
/** Half a microsecond, against rounding. */
const EPSILON = '0.0000005';

/**
 * The first frame, and each that is due. A frame whose time lies before the last one's, because another clock began, is due.
 */
function pickFilter(pick: LivePick): string {
  const since = '(pts-prev_selected_pts)*TB';
  const started = 'isnan(prev_selected_pts)+isnan(pts)';
  const due = (seconds: string): string => `gte(${since}+${EPSILON},${seconds})+lt(${since},0)`;
  if (pick === 'keys') return `select='${started}+key*(${due(LEAST)})'`;
  if (pick === 'sampled') return `select='${started}+key*(${due(LEAST)})+${due('1')}'`;
  return `select='${started}+${due(microsToSeconds(pick.interval))}'`;
}

/** Scales a frame whose size and shape are not known before it comes. */
function scaleFilters({ width, height, resize, filter }: ImageSpec): string[] {
  const flags = `flags=${filter}+${SCALE_ACCURACY}`;
  if (resize === 'stretch') return [`scale=${width}:${height}:${flags}`];
  const shown = `iw*sar`;
  const ratios = `${width}/(${shown}),${height}/ih`;
  if (resize === 'fit') {
    const factor = `min(1,min(${ratios}))`;
    return [`scale=w='max(1,round(${shown}*${factor}))':h='max(1,round(ih*${factor}))':${flags}`];
  }
  const factor = `max(${ratios})`;
  const size = `w='max(${width},round(${shown}*${factor}))':h='max(${height},round(ih*${factor}))'`;
  return [`scale=${size}:${flags}`, `crop=${width}:${height}`];
}

/**
 * The filter graph from decoded frame to the model's RGB. Nothing is known of the stream before it is decoded, and its size may change. The
 * `showinfo` filters report frames as in `decode/filters.ts`.
 */
export function liveFilterGraph(image: ImageSpec, pick: LivePick): string[] {
  return [
    'showinfo@all=checksum=0',
    pickFilter(pick),
    ...scaleFilters(image),
    'setsar=1',
    'format=rgb24',
    'showinfo@out=checksum=0',
  ];
}
