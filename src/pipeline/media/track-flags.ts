import { type FileHandle, open } from 'node:fs/promises';

/** Handler types of subtitle tracks (ISO 14496-12, 8.4.3, and QuickTime). Those of chapters come after all others. */
const SUBTITLES: ReadonlySet<string> = new Set(['sbtl', 'subt', 'subp', 'text', 'clcp']);
const HEADER = 8;
/** Position of the handler type in the body of an `hdlr` box. */
const HANDLER_TYPE = 8;

interface Place {
  readonly type: string;
  /** Where its body begins and ends in the file, or in the bytes. */
  readonly from: number;
  readonly to: number;
}

/** The boxes between two positions of `bytes`. */
function* boxes(bytes: Buffer, from: number, to: number): Generator<Place> {
  for (let at = from; at + HEADER <= to; ) {
    const size = bytes.readUInt32BE(at);
    if (size < HEADER || at + size > to) return;
    yield { type: bytes.toString('latin1', at + 4, at + 8), from: at + HEADER, to: at + size };
    at += size;
  }
}

function inside(bytes: Buffer, { from, to }: Place, type: string): Place | undefined {
  for (const box of boxes(bytes, from, to)) if (box.type === type) return box;
  return undefined;
}

/** The `moov` box of a file. */
async function movieBox(file: FileHandle): Promise<Place | undefined> {
  const { size: end } = await file.stat();
  const head = Buffer.alloc(16);
  for (let at = 0; at + HEADER <= end; ) {
    await file.read(head, 0, 16, at);
    const short = head.readUInt32BE(0);
    const size = short === 1 ? Number(head.readBigUInt64BE(8)) : short === 0 ? end - at : short;
    const type = head.toString('latin1', 4, 8);
    if (type === 'moov') return { type, from: at + (short === 1 ? 16 : HEADER), to: at + size };
    if (size < HEADER) return undefined;
    at += size;
  }
  return undefined;
}

/**
 * Sets which subtitle tracks of an MP4 or MOV are enabled, which is its default flag (`tkhd`, ISO 14496-12, 8.3.2).
 * ffmpeg enables the first one where none is the default.
 * @param flags of the subtitle tracks, in their order
 */
export async function enableSubtitles(path: string, flags: readonly boolean[]): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const movie = await movieBox(file);
    if (movie === undefined) return;
    const bytes = Buffer.alloc(movie.to - movie.from);
    await file.read(bytes, 0, bytes.length, movie.from);
    let next = 0;
    for (const track of boxes(bytes, 0, bytes.length)) {
      if (track.type !== 'trak') continue;
      const media = inside(bytes, track, 'mdia');
      const handler = media === undefined ? undefined : inside(bytes, media, 'hdlr');
      const header = inside(bytes, track, 'tkhd');
      if (handler === undefined || header === undefined) continue;
      const type = bytes.toString('latin1', handler.from + HANDLER_TYPE, handler.from + HANDLER_TYPE + 4);
      const enabled = SUBTITLES.has(type) ? flags[next++] : undefined;
      if (enabled === undefined) continue;
      const at = header.from + 3;
      await file.write(Buffer.from([((bytes[at] ?? 0) & 0xfe) | (enabled ? 1 : 0)]), 0, 1, movie.from + at);
    }
  } finally {
    await file.close();
  }
}
