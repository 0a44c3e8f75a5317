import type { TrackKind } from '../../core/kind.ts';
import type { Micros } from '../../core/types.ts';

/** Video codecs that browsers, phones and HLS players play in MP4. */
export const MP4_VIDEO_CODECS: ReadonlySet<string> = new Set(['h264', 'hevc', 'av1', 'vp9']);
/** Audio codecs that they play in MP4. Not among them: G.711, which security cameras record. */
export const MP4_AUDIO_CODECS: ReadonlySet<string> = new Set(['aac', 'mp3', 'ac3', 'eac3', 'opus', 'alac', 'flac']);

/** ffmpeg options that keep an MP4 with that video codec playable: Apple's players know HEVC as `hvc1` only. */
export function mp4VideoTag(codec: string, specifier = 'v'): readonly string[] {
  return codec === 'hevc' ? [`-tag:${specifier}`, 'hvc1'] : [];
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

/** ffmpeg's names of the containers that copies of a video are written in. */
export type CopyFormat = 'mp4' | 'mov' | 'matroska' | 'webm';

/** What copies need to know of a container. */
export interface CopyContainer {
  /** Its name in messages. */
  readonly name: string;
  /** ffmpeg options that encode video for it. */
  readonly encoder: readonly string[];
  /** Video and sound that it holds as they are, by ffmpeg's names; absent: (nearly) all. */
  readonly video?: ReadonlySet<string>;
  readonly audio?: ReadonlySet<string>;
  /** ffmpeg's encoder of sound that it does not hold. */
  readonly soundEncoder: string;
  /** Subtitle codecs that it holds as they are; other texts are converted to `text`. */
  readonly subtitles: ReadonlySet<string>;
  readonly text: string;
  /** Where cover pictures go. */
  readonly covers: 'stream' | 'attachment' | 'nowhere';
  readonly attachments: boolean;
  /** False where players do not agree on how it stores a rotation: the frames are rotated instead. */
  readonly rotation: boolean;
  /** Which ISO 639-2 codes it uses; `macintosh` is a list of QuickTime's own. */
  readonly edition: 'terminological' | 'bibliographic' | 'macintosh';
}

const ISO_BASE_MEDIA = {
  encoder: X264,
  soundEncoder: 'aac',
  text: 'mov_text',
  covers: 'stream',
  attachments: false,
  rotation: true,
  edition: 'terminological',
} as const;

/** The containers of copies. */
export const COPY_CONTAINERS: Readonly<Record<CopyFormat, CopyContainer>> = {
  mp4: {
    ...ISO_BASE_MEDIA,
    name: 'MP4',
    video: new Set('h264 hevc av1 vp9 mpeg4 mpeg2video mpeg1video mjpeg png jpeg2000 vc1 dirac tscc2 vvc'.split(' ')),
    audio: new Set(
      'aac mp3 mp2 mp1 ac3 eac3 opus alac flac vorbis dts truehd mp4als qcelp evrc mpegh_3d_audio ac4'.split(' '),
    ),
    subtitles: new Set(['mov_text', 'dvd_subtitle']),
  },
  mov: {
    ...ISO_BASE_MEDIA,
    name: 'QuickTime',
    subtitles: new Set(['mov_text', 'eia_608']),
    covers: 'nowhere',
    edition: 'macintosh',
  },
  matroska: {
    name: 'Matroska',
    encoder: X264,
    soundEncoder: 'libopus',
    subtitles: new Set(
      'subrip ass ssa webvtt text hdmv_pgs_subtitle hdmv_text_subtitle dvd_subtitle dvb_subtitle'.split(' '),
    ),
    text: 'subrip',
    covers: 'attachment',
    attachments: true,
    rotation: false,
    edition: 'bibliographic',
  },
  webm: {
    name: 'WebM',
    encoder: VP9,
    soundEncoder: 'libopus',
    video: new Set(['vp8', 'vp9', 'av1']),
    audio: new Set(['vorbis', 'opus']),
    subtitles: new Set(['webvtt']),
    text: 'webvtt',
    covers: 'nowhere',
    attachments: false,
    rotation: false,
    edition: 'bibliographic',
  },
};

/** Containers for `--burn`, by file extension. */
export const BURN_CONTAINERS: Readonly<Record<string, CopyFormat>> = {
  '.mp4': 'mp4',
  '.m4v': 'mp4',
  '.mkv': 'matroska',
  '.webm': 'webm',
};

/** How a container stores a text track. */
export interface MuxContainer {
  readonly format: CopyFormat;
  /** ffmpeg's name of the subtitle codec (`copy`: that of `text`), and the track format that it is converted from. */
  readonly codec: string;
  readonly text: 'srt' | 'vtt';
  /** The ffmpeg disposition that becomes the container's own flag for the kind. */
  readonly dispositions: Readonly<Record<TrackKind, string>>;
}

/** The kind is a `kind` box (urn:mpeg:dash:role:2011): `description` or `caption`. */
const MP4: MuxContainer = {
  format: 'mp4',
  codec: 'mov_text',
  text: 'srt',
  dispositions: { descriptions: 'descriptions', subtitles: '0', captions: 'hearing_impaired' },
};
/** The kind is FlagTextDescriptions or FlagHearingImpaired. */
const MATROSKA: MuxContainer = {
  format: 'matroska',
  codec: 'subrip',
  text: 'srt',
  dispositions: { descriptions: 'descriptions', subtitles: '0', captions: 'hearing_impaired' },
};
/** The kind is part of the codec's name: `D_WEBVTT/DESCRIPTIONS`. */
const WEBM: MuxContainer = {
  format: 'webm',
  // Encoded again, cues would lose settings and names of speakers, and their escapes would become tags.
  codec: 'copy',
  text: 'vtt',
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
export const CHAPTER_CONTAINERS: Readonly<Record<string, CopyFormat>> = {
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

/** What a user can do where a copy in a container fails. */
export function copyAdvice(format: CopyFormat): string {
  const room = 'check that the disk has room for the copy';
  return format === 'matroska' ? `${room}.` : `${room}, or use a name that ends in .mkv, which holds most codecs.`;
}
