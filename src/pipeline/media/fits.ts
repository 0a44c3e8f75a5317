import { IngestError } from '../../ingest/errors.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import { listStreams, type StreamInfo } from '../../ingest/probe/streams.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { COPY_CONTAINERS, type CopyContainer, type CopyFormat } from './containers.ts';

/** Containers that may be recommended, with their extensions. */
const OTHERS = [
  ['mp4', '.mp4'],
  ['matroska', '.mkv'],
] as const;

/** Why the video is encoded rather than copied; undefined where it is copied. */
export function reasonToEncode(
  media: MediaInfo,
  container: CopyContainer,
): { readonly why: string; readonly ordered: boolean } | undefined {
  if (!media.times.stamped) {
    return { why: 'the video was encoded again, because its packets carry no presentation times', ordered: false };
  }
  if (media.rotation === 0 || container.rotation) return undefined;
  const why = `the video was encoded again, upright, because players do not agree on rotation in ${container.name}`;
  return { why, ordered: true };
}

/** True for a stream that a container holds as it is. */
export function holds({ video, audio }: CopyContainer, { kind, codec }: StreamInfo): boolean {
  const codecs = kind === 'video' ? video : kind === 'audio' ? audio : undefined;
  return codecs === undefined || codec === null || codecs.has(codec);
}

/** The streams that a copy would have to hold as they are, and cannot. */
function misfits(streams: readonly StreamInfo[], media: MediaInfo, container: CopyContainer): StreamInfo[] {
  const encoded = reasonToEncode(media, container) !== undefined;
  return streams.filter((stream) => !holds(container, stream) && !(stream.kind === 'video' && encoded));
}

/** Throws `write-failed` where a container cannot hold the video or the sound as it is, with the containers that can. */
export function requireFit(
  source: Source,
  media: MediaInfo,
  streams: readonly StreamInfo[],
  format: CopyFormat,
  option: 'mux' | 'embed',
): void {
  const container = COPY_CONTAINERS[format];
  const lacking = misfits(streams, media, container);
  if (lacking.length === 0) return;
  const what = (['video', 'audio'] as const).flatMap((kind) => {
    const codecs = lacking.filter((stream) => stream.kind === kind).map(({ codec }) => codec);
    return codecs.length === 0 ? [] : [`${kind === 'video' ? 'video' : 'sound'} (${[...new Set(codecs)].join(', ')})`];
  });
  const fitting = OTHERS.filter(([other]) => misfits(streams, media, COPY_CONTAINERS[other]).length === 0);
  const name = `a name that ends in ${fitting.map(([, extension]) => extension).join(' or ')}`;
  const burn = option === 'mux' ? ', or --burn, which encodes video and sound' : '';
  throw new IngestError(
    'write-failed',
    `--${option}: ${container.name} cannot hold the ${what.join(' and the ')} of "${source.label}": use ${name}${burn}.`,
  );
}

/** As {@link requireFit}, before anything else is done with the video. Throws as `runFfprobe` as well. */
export async function checkFit(
  source: Source,
  media: MediaInfo,
  format: CopyFormat,
  option: 'mux' | 'embed',
  signal: AbortSignal,
): Promise<void> {
  const { video, audio } = COPY_CONTAINERS[format];
  if (video === undefined && audio === undefined) return;
  requireFit(source, media, await listStreams(source, signal), format, option);
}
