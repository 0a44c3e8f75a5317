import type { Cue } from '../../core/types.ts';
import { toMilliseconds, vttTime } from '../cues/time.ts';
import { SEGMENT_ZERO } from '../media/segment.ts';
import { escapeVtt } from './vtt.ts';

/**
 * Length of a segment of text, in milliseconds. Subtitles on demand may have longer ones than the video (RFC 8216,
 * 6.2.4), and a request for every few words would cost more than the words.
 */
const SEGMENT_MS = 60_000;

/** Track time 0 on the clock of the video's segments, which counts 90,000 a second. */
const HEAD = `WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:${(SEGMENT_ZERO * 90) / 1000},LOCAL:00:00:00.000\n`;

/** `subtitles-00042.vtt` */
export function segmentName(index: number): string {
  return `subtitles-${String(index).padStart(5, '0')}.vtt`;
}

/** Cuts a track into segments, as its cues come. */
export interface CueSegments {
  /** The segments that no later cue can belong to, in order. */
  next(cue: Cue): string[];
  /** The rest, up to the end of the video (milliseconds), and how long all of them are together. */
  end(videoEnd: number): { readonly segments: string[]; readonly duration: number };
}

/**
 * Cues, in order of their start, to the texts of segments. A cue stands in each segment during which it is shown, with
 * all of its time each time (RFC 8216, 3.5); one during which nothing is shown has no cue.
 */
export function cueSegments(): CueSegments {
  let held: { readonly end: number; readonly block: string }[] = [];
  let segmentEnd = SEGMENT_MS;
  let cues = 0;
  let lastEnd = 0;

  const cut = (): string => {
    const text = [HEAD, ...held.map(({ block }) => block)].join('\n');
    held = held.filter(({ end }) => end > segmentEnd);
    segmentEnd += SEGMENT_MS;
    return text;
  };

  return {
    next({ start, end, text }) {
      const segments: string[] = [];
      while (toMilliseconds(start) >= segmentEnd) segments.push(cut());
      cues += 1;
      lastEnd = Math.max(lastEnd, toMilliseconds(end));
      const block = `${cues}\n${vttTime(start)} --> ${vttTime(end)}\n${escapeVtt(text)}\n`;
      held.push({ end: toMilliseconds(end), block });
      return segments;
    },
    end(videoEnd) {
      const duration = Math.max(videoEnd, lastEnd, 1);
      const segments: string[] = [];
      while (segmentEnd - SEGMENT_MS < duration) segments.push(cut());
      return { segments, duration };
    },
  };
}

/** The playlist of the segments that `duration` milliseconds make. */
export function subtitlePlaylist(duration: number): string {
  const count = Math.ceil(duration / SEGMENT_MS);
  const lengths = Array.from({ length: count }, (_, at) => Math.min(SEGMENT_MS, duration - at * SEGMENT_MS) / 1000);
  const head = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:${Math.max(1, Math.round(Math.max(...lengths.slice(0, 2))))}
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
`;
  const items = lengths.map((seconds, at) => `#EXTINF:${seconds.toFixed(3)},\n${segmentName(at)}\n`);
  return `${head}${items.join('')}#EXT-X-ENDLIST\n`;
}

/** A text track beside a video, as a master playlist names it. */
export interface Rendition {
  readonly name: string;
  /** BCP 47. */
  readonly language: string;
  readonly characteristics: readonly string[];
  /** Address of its playlist, from the folder. */
  readonly playlist: string;
}

/**
 * A master playlist that offers a text track with every variant of `master`. What it refers to lies in `folder` (already
 * fit for an address). Nobody is shown the track who does not choose it.
 */
export function addSubtitles(master: string, folder: string, rendition: Rendition): string {
  const { name, language, characteristics, playlist } = rendition;
  const told = characteristics.length === 0 ? '' : `CHARACTERISTICS="${characteristics.join(',')}",`;
  const media = `#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="${name}",LANGUAGE="${language}",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,${told}URI="${folder}/${playlist}"`;
  const lines = master.split(/\r?\n/).filter((line) => line !== '');
  const first = lines.findIndex((line) => line.startsWith('#EXT-X-STREAM-INF:'));
  const changed = lines.map((line) => {
    if (line.startsWith('#EXT-X-STREAM-INF:')) return `${line},SUBTITLES="subtitles"`;
    return line.startsWith('#') ? line : `${folder}/${line}`;
  });
  return `${[...changed.slice(0, first), media, ...changed.slice(first)].join('\n')}\n`;
}
