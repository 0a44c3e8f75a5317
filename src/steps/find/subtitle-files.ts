import { open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { sentenceOf } from '../../core/errors.ts';
import { extractSubtitles, listSubtitles, type SubtitleStream } from '../../ingest/probe/embedded-subtitles.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { parseTrack, readTrack } from '../../pipeline/formats/read-track.ts';
import { outputStatus } from '../../storage/output-manifest.ts';
import { type Utterance, utterancesOf } from './speech.ts';

/** A video's subtitles. */
export interface Spoken {
  readonly utterances: readonly Utterance[];
  /** The file's name, or `stream N`; null where there are no subtitles. */
  readonly from: string | null;
  /** One sentence for each subtitle file that could not be read, with the reason. */
  readonly notes: readonly string[];
}

/** Marks tracks of secondglance, which describe pictures and not speech. */
const OURS = /^NOTE Written by secondglance /m;
const HEAD_BYTES = 1024;

async function isOurs(file: string, stateDir: string): Promise<boolean> {
  if ((await outputStatus(stateDir, file, '')) !== 'foreign') return true;
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return OURS.test(buffer.toString('utf8', 0, bytesRead));
  } finally {
    await handle.close();
  }
}

/** English first, the language of the captions; then by name. */
function rank(name: string, stem: string): string {
  const language = name.slice(stem.length + 1, -path.extname(name).length).toLowerCase();
  const order = language === '' ? 0 : /^en(g|glish)?\b/.test(language) ? 1 : 2;
  return `${order} ${name.endsWith('.vtt') ? 0 : 1} ${name}`;
}

/**
 * Subtitle files beside a video that secondglance did not write (`NAME.vtt`, `NAME.srt`, `NAME.en.vtt`), the best first.
 * @returns absolute paths
 */
export async function subtitleFiles(source: Source, stateDir: string): Promise<string[]> {
  if (source.kind !== 'file') return [];
  const folder = path.dirname(source.input);
  const stem = path.basename(source.input, path.extname(source.input));
  const names = (await readdir(folder).catch(() => []))
    .filter((name) => name.startsWith(`${stem}.`) && /^(\.[\w-]+)?\.(vtt|srt)$/i.test(name.slice(stem.length)))
    .map((name) => ({ name, order: rank(name, stem) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1));
  const files: string[] = [];
  for (const { name } of names) {
    const file = path.join(folder, name);
    if (!(await isOurs(file, stateDir).catch(() => false))) files.push(file);
  }
  return files;
}

function preferred(streams: readonly SubtitleStream[]): SubtitleStream[] {
  const order = ({ isDefault, language }: SubtitleStream): number =>
    (isDefault ? 0 : 2) + (/^en/.test(language ?? '') ? 0 : 1);
  return streams.filter(({ describes }) => !describes).sort((a, b) => order(a) - order(b) || a.stream - b.stream);
}

/**
 * Reads a video's subtitles: from a file beside it, else from a text stream inside it. Unreadable and empty subtitles are
 * skipped. Throws an IngestError where the video itself cannot be read.
 * @param files from {@link subtitleFiles}
 */
export async function readSpoken(source: Source, files: readonly string[], signal: AbortSignal): Promise<Spoken> {
  const notes: string[] = [];
  for (const file of files) {
    const utterances = await readTrack(file)
      .then(({ cues }) => utterancesOf(cues))
      .catch((error: unknown) => {
        notes.push(`${path.basename(file)} was not used: ${sentenceOf(error)}`);
        return [];
      });
    if (utterances.length > 0) return { utterances, from: path.basename(file), notes };
  }
  for (const { stream } of preferred(await listSubtitles(source, signal))) {
    const track = parseTrack(await extractSubtitles(source, stream, signal));
    const utterances = utterancesOf(track?.cues ?? []);
    if (utterances.length > 0) return { utterances, from: `stream ${stream}`, notes };
  }
  return { utterances: [], from: null, notes };
}
