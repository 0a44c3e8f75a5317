import type { TextSink } from '../../storage/sink.ts';
import { assWriter } from './ass.ts';
import { hlsWriter } from './hls.ts';
import { jsonWriter } from './json.ts';
import { jsonlWriter } from './jsonl.ts';
import { srtWriter } from './srt.ts';
import type { TrackHeader, TrackWriter } from './track-writer.ts';
import { ttmlWriter } from './ttml.ts';
import { txtWriter } from './txt.ts';
import { vttWriter } from './vtt.ts';

const WRITERS = {
  vtt: vttWriter,
  srt: srtWriter,
  ttml: ttmlWriter,
  ass: assWriter,
  txt: txtWriter,
  hls: hlsWriter,
  json: jsonWriter,
  jsonl: jsonlWriter,
} satisfies Record<string, (sink: TextSink, header: TrackHeader) => Promise<TrackWriter>>;

/** A kind of track, named like its file's extension (`hls`: m3u8). */
export type TrackFormat = keyof typeof WRITERS;

/** Starts a track of the given format on a sink. Throws an OutputError, and discards the sink then. */
export async function openTrackWriter(format: TrackFormat, sink: TextSink, header: TrackHeader): Promise<TrackWriter> {
  try {
    return await WRITERS[format](sink, header);
  } catch (error) {
    await sink.discard();
    throw error;
  }
}
