import type { TrackKind } from '../../core/kind.ts';
import { trackTitle } from '../../core/kind.ts';
import { threeLetters } from '../../core/language.ts';
import { runFfmpeg } from '../../ingest/ffmpeg/run-ffmpeg.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import type { Source } from '../../ingest/sources/sources.ts';

interface Container {
  /** ffmpeg's name of it. */
  readonly format: string;
  /** How a track of text lies in it, and what it is best made of. */
  readonly codec: string;
  readonly text: 'srt' | 'vtt';
  readonly edition: 'terminological' | 'bibliographic';
  /** ffmpeg's dispositions that become the container's own mark of the kind. */
  readonly marks: Readonly<Record<TrackKind, string>>;
}

/** `kind` boxes (urn:mpeg:dash:role:2011): `description` and `caption`. */
const MP4: Container = {
  format: 'mp4',
  codec: 'mov_text',
  text: 'srt',
  edition: 'terminological',
  marks: { descriptions: 'descriptions', subtitles: '0', captions: 'hearing_impaired' },
};
/** FlagTextDescriptions, FlagHearingImpaired. */
const MATROSKA: Container = {
  format: 'matroska',
  codec: 'subrip',
  text: 'srt',
  edition: 'bibliographic',
  marks: { descriptions: 'descriptions', subtitles: '0', captions: 'hearing_impaired' },
};
/** The kind is part of the codec's name: `D_WEBVTT/DESCRIPTIONS`. */
const WEBM: Container = {
  format: 'webm',
  codec: 'webvtt',
  text: 'vtt',
  edition: 'bibliographic',
  marks: { descriptions: 'descriptions', subtitles: '0', captions: 'captions' },
};

/** What a track can be put into, by the extension of the file's name. */
export const MUX_CONTAINERS: Readonly<Record<string, Container>> = {
  '.mp4': MP4,
  '.m4v': MP4,
  '.mkv': MATROSKA,
  '.webm': WEBM,
};

/** A track to put into a video. */
export interface MuxTrack {
  /** A file in the format that the container's `text` names. */
  readonly file: string;
  readonly kind: TrackKind;
  /** BCP 47. */
  readonly language: string;
}

/**
 * Writes a copy of a video with one more track of text. Pictures, sound, subtitles and (in Matroska) attachments are
 * copied as they are; streams of data, such as a camera's telemetry, ffmpeg cannot copy. `target` is written straight, as
 * `extension` says: give the name of a part. Throws `write-failed`, `aborted`.
 */
export async function muxTrack(
  source: Source,
  media: MediaInfo,
  track: MuxTrack,
  target: string,
  extension: string,
  signal: AbortSignal,
): Promise<void> {
  const { format, codec, text, edition, marks } = MUX_CONTAINERS[extension] ?? MATROSKA;
  // It comes after the subtitles that the video has already.
  const at = `s:${media.subtitles}`;
  const title = trackTitle(track.kind);
  const streams = ['0:v?', '0:a?', '0:s?', ...(format === 'matroska' ? ['0:t?'] : []), '1:0'];
  const args = [
    ...['-f', text === 'vtt' ? 'webvtt' : 'srt', '-i', `file:${track.file}`],
    ...streams.flatMap((stream) => ['-map', stream]),
    ...['-map_metadata', '0', '-map_chapters', '0', '-c', 'copy', `-c:${at}`, codec],
    ...[`-metadata:s:${at}`, `language=${threeLetters(track.language, edition)}`],
    // MP4 has a handler's name where the others have a title.
    ...[`-metadata:s:${at}`, `${format === 'mp4' ? 'handler_name' : 'title'}=${title}`],
    ...[`-disposition:${at}`, marks[track.kind]],
    // The index in front, so that a browser plays at once.
    ...(format === 'mp4' ? ['-movflags', '+faststart'] : []),
    ...['-f', format, `file:${target}`],
  ];
  const advice = 'see that there is room for the copy, or give it a name that ends in .mkv, which takes most streams.';
  await runFfmpeg(source, { doing: 'putting the track into a copy of', advice, args }, signal);
}
