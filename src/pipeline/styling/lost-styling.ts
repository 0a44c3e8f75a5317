import type { StyleFeature, TrackStyling } from '../../core/cue-style.ts';
import { counted } from '../../core/text/wording.ts';
import type { Cue } from '../../core/types.ts';

/** What holds a track: a track format, or the copy of a video in a container. */
export type StyleHolder = 'vtt' | 'srt' | 'ttml' | 'ass' | 'hls' | 'txt' | 'json' | 'mp4' | 'matroska' | 'webm';

/** What each keeps of the styling of a file in another format. */
const KEPT: Readonly<Record<StyleHolder, ReadonlySet<StyleFeature>>> = {
  vtt: new Set(['emphasis', 'web-colours', 'place']),
  hls: new Set(['emphasis', 'web-colours', 'place']),
  webm: new Set(['emphasis', 'web-colours', 'place']),
  srt: new Set(['emphasis', 'web-colours', 'colours', 'place']),
  matroska: new Set(['emphasis', 'web-colours', 'colours', 'place']),
  ass: new Set(['emphasis', 'web-colours', 'colours', 'place']),
  ttml: new Set(['emphasis', 'web-colours', 'colours', 'place']),
  // ffmpeg writes neither colours nor places into mov_text.
  mp4: new Set(['emphasis']),
  txt: new Set(),
  json: new Set(),
};

/** Cues of these formats stay as they are in these. */
const SAME: Readonly<Record<'vtt' | 'srt', ReadonlySet<StyleHolder>>> = {
  vtt: new Set(['vtt', 'hls', 'webm']),
  srt: new Set(['srt', 'matroska']),
};

const NAMES: Readonly<Record<StyleFeature, string>> = {
  emphasis: 'bold, italics and underlines',
  'web-colours': 'colours',
  colours: 'colours',
  place: 'positions',
  'exact-place': 'exact positions',
  classes: 'classes',
  speakers: 'names of speakers',
  markup: 'other markup',
};

/** What becomes of the styling of a track file; undefined where nothing is lost: `colours (2 cues), STYLE blocks`. */
export function lostStyling(
  cues: readonly Cue[],
  { blocks }: Pick<TrackStyling, 'blocks'>,
  holder: StyleHolder,
): string | undefined {
  const lost = new Map<string, number>();
  for (const { style } of cues) {
    if (style === undefined || SAME[style.source.format].has(holder)) continue;
    const names = [...style.features].filter((feature) => !KEPT[holder].has(feature)).map((feature) => NAMES[feature]);
    for (const name of new Set(names)) lost.set(name, (lost.get(name) ?? 0) + 1);
  }
  const parts = Object.values(NAMES).flatMap((name) => {
    const count = lost.get(name);
    lost.delete(name);
    return count === undefined ? [] : [`${name} (${counted(count, 'cue')})`];
  });
  const kinds = ['STYLE', 'REGION'].filter((kind) => blocks.some((block) => block.startsWith(kind)));
  if (kinds.length > 0 && holder !== 'vtt' && holder !== 'hls') parts.push(`${kinds.join(' and ')} blocks`);
  return parts.length === 0 ? undefined : parts.join(', ');
}
