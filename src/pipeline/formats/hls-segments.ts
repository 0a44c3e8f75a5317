import type { TrackStyling } from '../../core/cue-style.ts';
import type { Cue } from '../../core/types.ts';
import { toMilliseconds } from '../cues/time.ts';
import { SEGMENT_ZERO } from '../media/containers.ts';
import { vttCue } from '../styling/write-cue.ts';

/**
 * Length of a subtitle segment, in milliseconds. On-demand subtitles may have longer segments than the video (RFC 8216,
 * 6.2.4); short ones would cost more in requests than in text.
 */
const SEGMENT_MS = 60_000;

/** Maps track time 0 to the clock of the video's segments (90 kHz). */
const HEAD = `WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:${(SEGMENT_ZERO * 90) / 1000},LOCAL:00:00:00.000\n`;

/** `subtitles-00042.vtt` */
export function segmentName(index: number): string {
  return `subtitles-${String(index).padStart(5, '0')}.vtt`;
}

/** Cuts a track into segments while its cues arrive. */
export interface CueSegmenter {
  /** Takes a cue; returns the segments that no later cue can belong to, in order. */
  next(cue: Cue): string[];
  /** The remaining segments, up to the end of the video, and the duration of all segments. Milliseconds. */
  end(videoEnd: number): { readonly segments: string[]; readonly duration: number };
}

/**
 * Cuts cues, ordered by start time, into WebVTT segments. A cue is part of every segment during which it is shown, each
 * time with its full times (RFC 8216, 3.5). A segment during which nothing is shown has no cue.
 * @param styling STYLE and REGION blocks, which every segment has
 */
export function segmentCues(styling?: TrackStyling): CueSegmenter {
  const head = [HEAD, ...(styling?.blocks ?? []).map((block) => `${block}\n`)];
  let open: { readonly end: number; readonly block: string }[] = [];
  let segmentEnd = SEGMENT_MS;
  let cues = 0;
  let lastEnd = 0;

  const cut = (): string => {
    const text = [...head, ...open.map(({ block }) => block)].join('\n');
    open = open.filter(({ end }) => end > segmentEnd);
    segmentEnd += SEGMENT_MS;
    return text;
  };

  return {
    next(cue) {
      const { start, end } = cue;
      const segments: string[] = [];
      while (toMilliseconds(start) >= segmentEnd) segments.push(cut());
      cues += 1;
      lastEnd = Math.max(lastEnd, toMilliseconds(end));
      open.push({ end: toMilliseconds(end), block: vttCue(cue, cues) });
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

/** The media playlist of the segments of `duration` milliseconds. */
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

/** A subtitle rendition, as a master playlist lists it. */
export interface Rendition {
  readonly name: string;
  /** BCP 47. */
  readonly language: string;
  readonly characteristics: readonly string[];
  /** URI of its media playlist, relative to the folder. */
  readonly playlist: string;
}

/**
 * Adds a subtitle rendition to every variant of the master playlist `master`. All files are in `folder` (already
 * percent-encoded). The rendition is not shown unless the viewer selects it.
 */
export function addSubtitles(master: string, folder: string, rendition: Rendition): string {
  const { name, language, characteristics, playlist } = rendition;
  const traits = characteristics.length === 0 ? '' : `CHARACTERISTICS="${characteristics.join(',')}",`;
  const media = `#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="${name}",LANGUAGE="${language}",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,${traits}URI="${folder}/${playlist}"`;
  const lines = master.split(/\r?\n/).filter((line) => line !== '');
  const first = lines.findIndex((line) => line.startsWith('#EXT-X-STREAM-INF:'));
  const changed = lines.map((line) => {
    if (line.startsWith('#EXT-X-STREAM-INF:')) return `${line},SUBTITLES="subtitles"`;
    return line.startsWith('#') ? line : `${folder}/${line}`;
  });
  return `${[...changed.slice(0, first), media, ...changed.slice(first)].join('\n')}\n`;
}
