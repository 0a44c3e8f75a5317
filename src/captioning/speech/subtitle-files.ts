import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { SecondGlanceError, sentenceOf } from '../../core/errors.ts';
import { readRegular } from '../../core/regular-file.ts';
import { extractSubtitles, listSubtitles, type SubtitleStream } from '../../ingest/probe/embedded-subtitles.ts';
import { MEDIA_EXTENSIONS } from '../../ingest/sources/sniff.ts';
import { asInputError, type Source } from '../../ingest/sources/sources.ts';
import { TrackError } from '../../pipeline/errors.ts';
import type { ReadCue } from '../../pipeline/formats/parse-cues.ts';
import { encodingNote, parseTrack, readTrack } from '../../pipeline/formats/read-track.ts';
import { subtitleName, subtitleRank } from '../../pipeline/subtitle-names.ts';
import { outputStatus } from '../../storage/output-manifest.ts';
import { type Utterance, utterancesOf } from './utterances.ts';

/** A video's subtitles. */
export interface Spoken {
  readonly utterances: readonly Utterance[];
  /** The file's name, or `stream N`; null where there are no subtitles. */
  readonly from: string | null;
  /** One sentence for each subtitle file that could not be read, with the reason, and on a detected encoding. */
  readonly notes: readonly string[];
}

/** Marks tracks of secondglance, which describe pictures and not speech. */
const OURS = /^NOTE Written by secondglance /m;
/** Marks tracks that were converted from a file of the user's, which may be speech. */
const CONVERTED = /^NOTE Converted by secondglance /m;
const HEAD_BYTES = 1024;

async function isOurs(file: string, stateDir: string): Promise<boolean> {
  const head = (await readRegular(file, HEAD_BYTES)).toString('utf8');
  if (CONVERTED.test(head)) return false;
  return OURS.test(head) || (await outputStatus(stateDir, file, '')) !== 'foreign';
}

/**
 * Subtitle files beside a video that secondglance did not write, the best first: see `subtitleName`. Files of another video
 * whose name begins with this one's are left out.
 * @returns absolute paths
 */
export async function subtitleFiles(source: Source, stateDir: string): Promise<string[]> {
  if (source.kind !== 'file') return [];
  const folder = path.dirname(source.input);
  const stem = path.basename(source.input, path.extname(source.input));
  const all = await readdir(folder).catch(() => []);
  const isMedia = (name: string): boolean => MEDIA_EXTENSIONS.has(path.extname(name).toLowerCase());
  const others = all.filter(isMedia).map((name) => path.basename(name, path.extname(name)));
  const longer = others.filter((other) => other.startsWith(`${stem}.`));
  const names = all
    .flatMap((name) => {
      const found = longer.some((other) => name.startsWith(`${other}.`)) ? undefined : subtitleName(name, stem);
      return found?.speech === true ? [{ name, order: subtitleRank(name, found) }] : [];
    })
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

/** Text that programs read: a thumbnail (`sprite.jpg#xywh=0,0,160,90`), an address, JSON. */
const FOR_PROGRAMS = /^(?:\S+\.(?:jpe?g|png|webp|gif|avif|bmp)(?:[?#]\S*)?|https?:\/\/\S+|\{.*\}|\[.*\])$/is;

/** What is said in a track. Throws `not-a-track` for one of thumbnails or other metadata. */
function speechOf(file: string, cues: readonly ReadCue[]): Utterance[] {
  const texts = cues.map(({ lines }) => lines.join('\n')).filter((text) => text !== '');
  if (texts.length > 0 && texts.filter((text) => FOR_PROGRAMS.test(text)).length > texts.length / 2) {
    throw new TrackError('not-a-track', `"${path.basename(file)}" is a track of thumbnails or metadata, not of speech`);
  }
  return utterancesOf(cues);
}

/** A subtitle file as utterances, and a note on its encoding where that was detected. Throws as `readTrack`. */
async function readFile(file: string, encoding: string | undefined) {
  const track = await readTrack(file, encoding === undefined ? {} : { encoding });
  const note = encodingNote(path.basename(file), track);
  return { utterances: speechOf(file, track.cues), notes: note === undefined ? [] : [note] };
}

/** How subtitles are read. */
export interface SpokenOptions {
  /** The file that the user names: no other is used. */
  readonly track?: string | undefined;
  /** The encoding of files; detected by default. */
  readonly encoding?: string | undefined;
}

/**
 * Reads a video's subtitles: from the file that the user names, from one beside the video, else from a text stream inside
 * it. Unreadable and empty subtitles are skipped; a named file that cannot be read is an error. Throws an IngestError where
 * the video itself cannot be read.
 * @param files from {@link subtitleFiles}
 */
export async function readSpoken(
  source: Source,
  files: readonly string[],
  signal: AbortSignal,
  { track, encoding }: SpokenOptions = {},
): Promise<Spoken> {
  if (track !== undefined) {
    const named = await readFile(track, encoding).catch((error: unknown) => {
      throw error instanceof SecondGlanceError ? error : asInputError(error, track);
    });
    return { ...named, from: path.basename(track) };
  }
  const notes: string[] = [];
  for (const file of files) {
    const found = await readFile(file, encoding).catch((error: unknown) => {
      notes.push(`${path.basename(file)} was not used: ${sentenceOf(error)}`);
      return { utterances: [], notes: [] };
    });
    if (found.utterances.length > 0) {
      return { utterances: found.utterances, from: path.basename(file), notes: [...notes, ...found.notes] };
    }
  }
  for (const { stream } of preferred(await listSubtitles(source, signal))) {
    const inside = parseTrack(await extractSubtitles(source, stream, signal));
    const utterances = utterancesOf(inside?.cues ?? []);
    if (utterances.length > 0) return { utterances, from: `stream ${stream}`, notes };
  }
  return { utterances: [], from: null, notes };
}
