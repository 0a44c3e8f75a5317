import { languageTag, threeLetters } from '../../core/language.ts';
import { counted } from '../../core/text/wording.ts';
import { findFfmpeg } from '../../ingest/ffmpeg/find-ffmpeg.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import { listStreams, type StreamInfo } from '../../ingest/probe/streams.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { COPY_CONTAINERS, type CopyContainer, type CopyFormat, mp4VideoTag } from './containers.ts';
import { extractCovers } from './covers.ts';
import { encodeOptions } from './encode.ts';
import { holds, reasonToEncode, requireFit } from './fits.ts';
import { requireOneClock } from './one-clock.ts';

/** How a copy of a video is made. */
export interface CopyPlan {
  /** Output options of an ffmpeg whose first input is the video: which streams it keeps, and how. */
  readonly options: readonly string[];
  /** Default flags of the subtitle streams that it keeps, in their order. */
  readonly subtitles: readonly boolean[];
  /** What differs from the video, one clause each. */
  readonly notes: readonly string[];
}

/** What is copied, and into what. */
export interface CopyRequest {
  readonly format: CopyFormat;
  /** The user's option, for messages. */
  readonly option: 'mux' | 'burn' | 'embed';
  /** Draws into the frames of the chosen video stream, which is then encoded; other video streams are left out. */
  readonly filter?: string;
}

/** Subtitle codecs that are text and that ffmpeg decodes. */
const TEXTS: ReadonlySet<string> = new Set(
  'ass ssa subrip srt webvtt mov_text text eia_608 sami realtext subviewer subviewer1 microdvd jacosub mpl2 pjs stl vplayer'.split(
    ' ',
  ),
);
/** Text with styles and positions, which plain text does not have. */
const STYLED: ReadonlySet<string> = new Set(['ass', 'ssa']);
/** Cover pictures that MP4 and QuickTime hold. */
const MP4_COVERS: ReadonlySet<string> = new Set(['mjpeg', 'png', 'bmp']);

function nameOf({ codec, index, tag, tags }: StreamInfo): string {
  return `stream ${index}, ${codec ?? tags.filename ?? (/^[\w-]{3,4}$/.test(tag) ? tag : 'unknown codec')}`;
}

function sort(streams: readonly StreamInfo[], container: CopyContainer, format: CopyFormat) {
  const of = (kind: StreamInfo['kind']): StreamInfo[] => streams.filter((stream) => stream.kind === kind);
  const audio = of('audio').filter(({ codec }) => codec !== null);
  const subtitles = of('subtitle').filter(({ codec }) => {
    return codec !== null && (container.subtitles.has(codec) || TEXTS.has(codec));
  });
  const covers = of('cover').filter(({ codec }) => {
    if (codec === null || container.covers === 'nowhere') return false;
    return container.covers === 'attachment' || MP4_COVERS.has(codec);
  });
  const attachments = container.attachments ? of('attachment') : [];
  const leftOut = (kind: StreamInfo['kind'], kept: readonly StreamInfo[], what: string): string[] => {
    const lost = of(kind).filter((stream) => !kept.includes(stream));
    if (lost.length === 0) return [];
    const advice = format === 'matroska' || kind === 'audio' ? '' : '; a copy that ends in .mkv keeps most';
    return [`left out: ${what} (${lost.map(nameOf).join('; ')}), which ${container.name} cannot hold${advice}`];
  };
  // The text streams of chapters are written again with the chapters.
  const data = of('other').filter(({ tag }) => tag !== 'text');
  const notes = [
    ...leftOut('audio', audio, 'sound'),
    ...leftOut('subtitle', subtitles, 'subtitles'),
    ...leftOut('cover', covers, 'a cover picture'),
    ...leftOut('attachment', attachments, 'attachments'),
    ...(data.length === 0 ? [] : [`left out: ${counted(data.length, 'data stream')}, which ffmpeg cannot copy`]),
  ];
  return { videos: of('video'), audio, subtitles, covers, attachments, notes };
}

/** A stream's flags, which ffmpeg would change, and its language in the codes that the container uses. */
function labelOptions(stream: StreamInfo, specifier: string, { edition }: CopyContainer): string[] {
  const own = stream.tags.language;
  const tag = own === undefined ? undefined : languageTag(own);
  const code = tag === undefined ? undefined : threeLetters(tag, edition);
  const language = code === undefined || code === 'und' || code === own ? [] : [`language=${code}`];
  const flags = stream.flags.length === 0 ? '0' : stream.flags.join('+');
  return [`-disposition:${specifier}`, flags, ...language.flatMap((text) => [`-metadata:s:${specifier}`, text])];
}

/**
 * Plans a copy of a video and calls `use` with the plan. Video and sound are copied, subtitles are converted where the
 * container holds no such text, cover pictures go where the container keeps them. The video is encoded where a copy would
 * be wrong: without presentation times, or rotated in a container that has no place for it. Throws what `use` throws; as
 * `runFfprobe` and `runFfmpeg`.
 */
export async function withCopyPlan(
  source: Source,
  media: MediaInfo,
  { format, option, filter }: CopyRequest,
  signal: AbortSignal,
  use: (plan: CopyPlan) => Promise<void>,
): Promise<readonly string[]> {
  requireOneClock(source, media);
  const container = COPY_CONTAINERS[format];
  const tools = await findFfmpeg();
  const streams = await listStreams(source, signal);
  if (option !== 'burn') requireFit(source, media, streams, format, option);
  const sorted = sort(streams, container, format);
  const { audio, subtitles, covers, attachments } = sorted;
  const encoded = reasonToEncode(media, container);
  const videos = filter === undefined ? sorted.videos : sorted.videos.filter(({ index }) => index === media.stream);
  const notes = [...sorted.notes, ...(encoded === undefined || filter !== undefined ? [] : [encoded.why])];
  const asStreams = container.covers === 'stream' ? covers : [];
  const attached = await extractCovers(source, container.covers === 'attachment' ? covers : [], signal);
  const options = [...videos, ...asStreams, ...audio, ...subtitles, ...attachments].flatMap(({ index }) => [
    ...['-map', `0:${index}`],
  ]);
  options.push('-c', 'copy');
  for (const [at, stream] of videos.entries()) {
    if (encoded !== undefined || filter !== undefined) {
      const how = { at, ordered: encoded?.ordered ?? true, ...(filter === undefined ? {} : { filter }) };
      options.push(...encodeOptions(media, tools, container.encoder, how));
    } else if (container.covers === 'stream' && !/^h(?:vc|ev)1$/.test(stream.tag)) {
      options.push(...mp4VideoTag(stream.codec ?? '', `v:${at}`));
    }
    options.push(...labelOptions(stream, `v:${at}`, container));
  }
  for (const at of asStreams.keys()) {
    const place = videos.length + at;
    options.push(`-c:v:${place}`, 'copy', `-disposition:v:${place}`, 'attached_pic');
  }
  for (const [at, stream] of audio.entries()) {
    options.push(...labelOptions(stream, `a:${at}`, container));
    if (holds(container, stream)) continue;
    options.push(`-c:a:${at}`, container.soundEncoder);
    notes.push(`sound (${nameOf(stream)}) was encoded again, because ${container.name} cannot hold it`);
  }
  for (const [at, stream] of subtitles.entries()) {
    const codec = stream.codec ?? '';
    options.push(...labelOptions(stream, `s:${at}`, container));
    if (container.subtitles.has(codec)) continue;
    options.push(`-c:s:${at}`, container.text);
    if (STYLED.has(codec))
      notes.push(`subtitles (${nameOf(stream)}) became plain text: ${container.name} has no styles`);
  }
  for (const [at, { tags }] of attachments.entries()) {
    const given = { filename: `attachment-${at + 1}`, mimetype: 'application/octet-stream', ...tags };
    for (const key of ['filename', 'mimetype'] as const) options.push(`-metadata:s:t:${at}`, `${key}=${given[key]}`);
  }
  for (const [at, { file, name, type }] of attached.files.entries()) {
    const place = `-metadata:s:t:${attachments.length + at}`;
    options.push('-attach', file, place, `filename=${name}`, place, `mimetype=${type}`);
  }
  try {
    await use({ options, subtitles: subtitles.map(({ flags }) => flags.includes('default')), notes });
    return notes;
  } finally {
    await attached.dispose();
  }
}
