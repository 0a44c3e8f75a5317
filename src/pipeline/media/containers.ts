import type { TrackKind } from '../../core/kind.ts';
import type { Micros } from '../../core/types.ts';

/** Video codecs that browsers, phones and HLS players play in MP4. */
export const MP4_VIDEO_CODECS: ReadonlySet<string> = new Set(['h264', 'hevc', 'av1', 'vp9']);
/** Audio codecs that they play in MP4. Not among them: G.711, which security cameras record. */
export const MP4_AUDIO_CODECS: ReadonlySet<string> = new Set(['aac', 'mp3', 'ac3', 'eac3', 'opus', 'alac', 'flac']);

/** ffmpeg options that keep an MP4 with that video codec playable: Apple's players know HEVC as `hvc1` only. */
export function mp4VideoTag(codec: string): readonly string[] {
  return codec === 'hevc' ? ['-tag:v', 'hvc1'] : [];
}

/** ffmpeg options of a container's muxer: MP4 and MOV get their index in front, so that playback starts at once. */
export function muxerOptions(format: string): readonly string[] {
  return format === 'mp4' || format === 'mov' ? ['-movflags', '+faststart'] : [];
}

/** Pads a video to even sides, which encoders of 4:2:0 require. */
export const EVEN_SIDES = 'pad=ceil(iw/2)*2:ceil(ih/2)*2';

/** ffmpeg options that encode H.264 in high quality. */
export const X264 = ['-c:v', 'libx264', '-preset', 'medium', '-crf', '18'] as const;
const VP9 = ['-c:v', 'libvpx-vp9', '-crf', '30', '-b:v', '0', '-deadline', 'good', '-cpu-used', '4', '-row-mt', '1'];

/** How a video with burned-in text is encoded. */
export interface BurnContainer {
  /** ffmpeg's name of the container. */
  readonly format: string;
  readonly encoder: readonly string[];
}

/** Containers for `--burn`, by file extension. */
export const BURN_CONTAINERS: Readonly<Record<string, BurnContainer>> = {
  '.mp4': { format: 'mp4', encoder: X264 },
  '.m4v': { format: 'mp4', encoder: X264 },
  '.mkv': { format: 'matroska', encoder: X264 },
  '.webm': { format: 'webm', encoder: VP9 },
};

/** How a container stores a text track. */
export interface MuxContainer {
  /** ffmpeg's name of the container. */
  readonly format: string;
  /** ffmpeg's name of the subtitle codec, and the track format that it is converted from. */
  readonly codec: string;
  readonly text: 'srt' | 'vtt';
  /** Which ISO 639-2 codes it uses. */
  readonly edition: 'terminological' | 'bibliographic';
  /** The ffmpeg disposition that becomes the container's own flag for the kind. */
  readonly dispositions: Readonly<Record<TrackKind, string>>;
}

/** The kind is a `kind` box (urn:mpeg:dash:role:2011): `description` or `caption`. */
const MP4: MuxContainer = {
  format: 'mp4',
  codec: 'mov_text',
  text: 'srt',
  edition: 'terminological',
  dispositions: { descriptions: 'descriptions', subtitles: '0', captions: 'hearing_impaired' },
};
/** The kind is FlagTextDescriptions or FlagHearingImpaired. */
const MATROSKA: MuxContainer = {
  format: 'matroska',
  codec: 'subrip',
  text: 'srt',
  edition: 'bibliographic',
  dispositions: { descriptions: 'descriptions', subtitles: '0', captions: 'hearing_impaired' },
};
/** The kind is part of the codec's name: `D_WEBVTT/DESCRIPTIONS`. */
const WEBM: MuxContainer = {
  format: 'webm',
  codec: 'webvtt',
  text: 'vtt',
  edition: 'bibliographic',
  dispositions: { descriptions: 'descriptions', subtitles: '0', captions: 'captions' },
};

/** Containers for `--mux`, by file extension. */
export const MUX_CONTAINERS: Readonly<Record<string, MuxContainer>> = {
  '.mp4': MP4,
  '.m4v': MP4,
  '.mkv': MATROSKA,
  '.webm': WEBM,
};

/** Containers that chapters can be embedded in, by file extension, with ffmpeg's name. */
export const CHAPTER_CONTAINERS: Readonly<Record<string, string>> = {
  '.mp4': 'mp4',
  '.m4v': 'mp4',
  '.mov': 'mov',
  '.mkv': 'matroska',
};

/**
 * The time of the container's start on the segments' clock. B-frames and audio priming samples come before the start, and
 * players accept no negative times, so all streams are shifted by the same ten seconds.
 */
export const SEGMENT_ZERO: Micros = 10_000_000;
