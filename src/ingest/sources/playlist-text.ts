import { ffmpegInput } from './ffmpeg-input.ts';
import type { Source } from './sources.ts';

/** Media playlists of one master playlist that are read: its variants have the same cuts. */
const MOST_VARIANTS = 4;
const TIMEOUT_MS = 30_000;

/** What the tags of an HLS playlist say of the whole. */
export interface PlaylistTags {
  /** It has an end mark: nothing will be appended. */
  readonly ended: boolean;
  /** Somewhere in it another clock begins (`EXT-X-DISCONTINUITY`). */
  readonly discontinuous: boolean;
}

/** Reads the tags of a playlist, of a master playlist those of its first variants. Undefined where it cannot be read. */
export async function readPlaylist(
  source: Source,
  container: string,
  signal: AbortSignal,
): Promise<PlaylistTags | undefined> {
  const { input } = await ffmpegInput(source, container);
  const text = input.startsWith('http:') ? await textOf(input, signal) : undefined;
  if (text === undefined || !text.includes('#EXT-X-STREAM-INF')) return text === undefined ? undefined : tagsOf([text]);
  const entries = text.split(/\r?\n/).filter((line) => line.startsWith('http:'));
  const variants: string[] = [];
  for (const entry of entries.slice(0, MOST_VARIANTS)) {
    const variant = await textOf(entry, signal);
    if (variant !== undefined) variants.push(variant);
  }
  return variants.length === 0 ? undefined : tagsOf(variants);
}

function tagsOf(texts: readonly string[]): PlaylistTags {
  return {
    ended: texts.every((text) => text.includes('#EXT-X-ENDLIST')),
    discontinuous: texts.some((text) => /^#EXT-X-DISCONTINUITY\s*$/m.test(text)),
  };
}

/** The text of a playlist as the relay gives it to ffmpeg: its entries are addresses of the relay. */
async function textOf(address: string, signal: AbortSignal): Promise<string | undefined> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const answer = await fetch(address, { signal: limit }).catch(() => undefined);
  return answer?.ok === true ? await answer.text().catch(() => undefined) : undefined;
}
