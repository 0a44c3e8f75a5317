import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Cue } from '../../core/types.ts';
import { VERSION } from '../../core/version.ts';
import { tidyLines } from '../../pipeline/cues/text.ts';
import { openTrackWriter } from '../../pipeline/formats/formats.ts';
import type { TrackHeader } from '../../pipeline/formats/track-writer.ts';
import { ByteHash, type TextSink } from '../../storage/sink.ts';
import type { CueList, EXPORT_FORMATS } from '../api/schemas/cues.ts';
import type { StoredVideo } from '../store/documents.ts';

/** One of the formats of an export. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** The type of a track in HTTP. */
export const TRACK_TYPES: Readonly<Record<ExportFormat, string>> = {
  vtt: 'text/vtt; charset=utf-8',
  srt: 'application/x-subrip; charset=utf-8',
  ttml: 'application/ttml+xml; charset=utf-8',
  ass: 'text/x-ssa; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  json: 'application/json; charset=utf-8',
};

/** A sink that keeps the text. */
class MemorySink implements TextSink {
  readonly target = '-';
  /** The JSON format collects its lists beside it. */
  readonly scratch = path.join(tmpdir(), `secondglance-export-${randomUUID()}`);
  #text = '';

  get text(): string {
    return this.#text;
  }

  async write(text: string): Promise<void> {
    this.#text += text;
  }

  async commit(cleanup?: () => Promise<void>) {
    await cleanup?.();
    const bytes = new ByteHash();
    bytes.add(Buffer.from(this.#text));
    return bytes.written();
  }

  async discard(): Promise<void> {}
}

function headerOf(video: StoredVideo, origin: CueList['origin']): TrackHeader {
  const { name, source, options, media, model } = video;
  const facts = media === undefined ? {} : { codec: media.codec, width: media.width, height: media.height };
  return {
    tool: { name: 'secondglance', version: VERSION },
    model: { name: model?.name ?? 'unknown', version: model?.version ?? '0', sha256: '' },
    ...(origin === 'edits' ? { from: 'edits' } : {}),
    source: { name, label: source.label, start: 0, facts },
    kind: options.kind ?? 'descriptions',
    language: options.language ?? 'en',
    options: {},
  };
}

/** Writes cues in a track format, as far as they are there. */
export async function exportTrack(
  video: StoredVideo,
  { cues, origin }: Pick<CueList, 'cues' | 'origin'>,
  format: ExportFormat,
): Promise<string> {
  const sink = new MemorySink();
  const writer = await openTrackWriter(format, sink, headerOf(video, origin));
  const micros = (seconds: number): number => Math.round(seconds * 1000) * 1000;
  let last = 0;
  try {
    for (const { start, end, text, from = [] } of cues) {
      const cue: Cue = { start: micros(start), end: micros(end), text: tidyLines(text), from };
      last = Math.max(last, cue.end);
      if (cue.text !== '') await writer.cue(cue);
    }
    await writer.finish({ end: Math.max(micros(video.media?.duration ?? 0), last) });
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return sink.text;
}
