import type { TextSink } from '../../storage/sink.ts';
import { ass } from './ass.ts';
import { hls } from './hls.ts';
import { json } from './json.ts';
import { jsonl } from './jsonl.ts';
import { srt } from './srt.ts';
import type { TrackFormat } from './track-format.ts';
import type { TrackHeader, TrackWriter } from './track-writer.ts';
import { ttml } from './ttml.ts';
import { txt } from './txt.ts';
import { vtt } from './vtt.ts';

/** All track formats, in the order in which help lists them. A new format is one file and one entry here. */
export const TRACK_FORMATS = [vtt, srt, ttml, ass, txt, hls, json, jsonl] as const;

/** The name of a built-in track format. */
export type FormatName = (typeof TRACK_FORMATS)[number]['name'];

/** The names of {@link TRACK_FORMATS}. */
export const FORMAT_NAMES: readonly FormatName[] = TRACK_FORMATS.map(({ name }) => name);

/** Formats that consist of captions alone, without a copy of the video. */
export const TEXT_FORMAT_NAMES: readonly FormatName[] = TRACK_FORMATS.filter(
  (format: TrackFormat) => format.includesVideo !== true,
).map(({ name }) => name);

const BY_NAME: ReadonlyMap<string, (typeof TRACK_FORMATS)[number]> = new Map(
  TRACK_FORMATS.map((format) => [format.name, format]),
);

/** The built-in format of that name. */
export function trackFormat(name: FormatName): TrackFormat & { readonly name: FormatName };
export function trackFormat(name: string): (TrackFormat & { readonly name: FormatName }) | undefined;
export function trackFormat(name: string): (TrackFormat & { readonly name: FormatName }) | undefined {
  return BY_NAME.get(name);
}

/** The built-in format whose files have that extension (without the dot, lower case). */
export function formatOfExtension(extension: string): FormatName | undefined {
  return TRACK_FORMATS.find((format) => format.extension === extension)?.name;
}

/**
 * Starts a track on a sink, in a built-in format or one of your own. Throws an OutputError, after discarding the sink.
 */
export async function openTrackWriter(
  format: FormatName | TrackFormat,
  sink: TextSink,
  header: TrackHeader,
): Promise<TrackWriter> {
  const { open } = typeof format === 'string' ? trackFormat(format) : format;
  try {
    return await open(sink, header);
  } catch (error) {
    await sink.discard();
    throw error;
  }
}
