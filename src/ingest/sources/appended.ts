import type { FileHandle } from 'node:fs/promises';
import { openRegular, readAt } from '../../core/regular-file.ts';

/** Boxes of an MP4 that are walked. One that is not in fragments has a handful. */
const MOST_BOXES = 1024;
/** Tags of an FLV that are walked after its last video packet. */
const MOST_TAGS = 100_000;
/** Where the head of an ASF file lies. */
const HEAD = 8192;
/** The GUID with which an ASF file begins. */
const ASF = Buffer.from('3026b2758e66cf11', 'hex');
/** The GUID of ASF's file properties, in front of a length, another GUID and the size of the file. */
const ASF_PROPERTIES = Buffer.from('a1dcab8c47a9cf118ee400c00c205365', 'hex');
const EBML = 0x1a45dfa3;
const SEGMENT = 0x18538067;
/** How recordings begin in containers of which ffmpeg reads the first one only, by ffmpeg's name of the container. */
const BEGINNINGS: Readonly<Record<string, Buffer>> = {
  nut: Buffer.from('nut/multimedia container\0'),
  ivf: Buffer.from('DKIF\0\0\x20\0'),
  yuv4mpegpipe: Buffer.from('YUV4MPEG2 '),
  // With the end of the one before it.
  gif: Buffer.from(';GIF8'),
  apng: Buffer.from('89504e470d0a1a0a', 'hex'),
  smjpeg: Buffer.from('\0\nSMJPEG'),
  wtv: Buffer.from('b7d800203749da11a64e0007e95ead8d', 'hex'),
};
/** Bytes after the last packet that are searched, and bytes that are read at once. */
const MOST_SEARCHED = 64 * 2 ** 20;
const SEARCHED_AT_ONCE = 2 ** 20;

/**
 * Whether another recording was appended to a file (`cat a.mkv b.mkv`): `no`; `unread` where ffmpeg stops before it, `read` where it reads on, on a
 * clock that starts again, or where that cannot be excluded without reading the packets. Of containers of which ffmpeg reads all recordings,
 * and of files that cannot be read, `no`: their packets tell.
 * @param container ffmpeg's name of it
 * @param last a place in the file from which on the end of the first recording is looked for, such as that of its last packet
 */
export async function appendedRecording(
  path: string,
  container: string,
  last: number | null,
): Promise<'no' | 'read' | 'unread'> {
  const file = await openRegular(path).catch(() => undefined);
  if (file === undefined) return 'no';
  const { handle, size } = file;
  try {
    if (container.startsWith('mov,')) return (await hasSecondMovie(handle)) ? 'unread' : 'no';
    if (container.startsWith('matroska')) return await secondSegment(handle, size);
    if (container === 'asf') return (await hasSecondAsf(handle, size)) ? 'unread' : 'no';
    if (container === 'flv') return (await hasSecondFlv(handle, size, last ?? 13)) ? 'unread' : 'no';
    if (container === 'swf') return (await hasSecondSwf(handle)) ? 'unread' : 'no';
    const beginning = BEGINNINGS[container];
    if (beginning !== undefined) return (await hasAfter(handle, beginning, last ?? 1)) ? 'unread' : 'no';
    return 'no';
  } finally {
    await handle.close();
  }
}

/** A `ftyp` box after a movie. Fragments (`moof`) may follow a second one; ffmpeg reads them. */
async function hasSecondMovie(handle: FileHandle): Promise<boolean> {
  let movie = false;
  for (let at = 0, box = 0; box < MOST_BOXES; box++) {
    const head = await readAt(handle, 16, at);
    if (head.length < 8) return false;
    const type = head.toString('latin1', 4, 8);
    if (type === 'moof' || (type === 'ftyp' && movie)) return type === 'ftyp';
    movie ||= type === 'moov' || type === 'mdat';
    const short = head.readUInt32BE(0);
    const size = short === 1 && head.length === 16 ? Number(head.readBigUInt64BE(8)) : short;
    if (size < 8) return false;
    at += size;
  }
  return false;
}

/** The length of an EBML number, and its value without the marker; null for "unknown", and where there is none. */
function ebmlSize(bytes: Buffer): { readonly length: number; readonly value: number | null } {
  const length = Math.clz32(bytes[0] ?? 0) - 23;
  if (length > 8 || bytes.length < length) return { length: 1, value: null };
  const digits = [...bytes.subarray(0, length)];
  const value = digits.reduce((sum, digit, at) => sum * 256 + (at === 0 ? digit & (0xff >> length) : digit), 0);
  return { length, value: value >= 2 ** (7 * length) - 1 ? null : value };
}

async function secondSegment(handle: FileHandle, size: number): Promise<'no' | 'read'> {
  const head = await readAt(handle, 4096, 0);
  if (head.length < 16 || head.readUInt32BE(0) !== EBML) return 'no';
  const header = ebmlSize(head.subarray(4));
  const segment = 4 + header.length + (header.value ?? 0);
  if (segment + 12 > head.length || head.readUInt32BE(segment) !== SEGMENT) return 'no';
  const { length, value } = ebmlSize(head.subarray(segment + 4));
  // A recorder that was killed, or that wrote to a pipe, did not say where it ends.
  if (value === null) return 'read';
  const end = segment + 4 + length + value;
  const next = end + 4 <= size ? await readAt(handle, 4, end) : undefined;
  return next?.length === 4 && next.readUInt32BE(0) === EBML ? 'read' : 'no';
}

async function hasSecondAsf(handle: FileHandle, size: number): Promise<boolean> {
  const head = await readAt(handle, HEAD, 0);
  const properties = head.indexOf(ASF_PROPERTIES);
  if (properties < 0 || properties + 48 > head.length) return false;
  const end = Number(head.readBigUInt64LE(properties + 40));
  return end > 0 && end < size && (await readAt(handle, ASF.length, end)).equals(ASF);
}

/** Walks the tags: a type, a length of three bytes and seven others before the data, and four after them. */
async function hasSecondFlv(handle: FileHandle, size: number, last: number): Promise<boolean> {
  let at = last;
  for (let tag = 0; tag < MOST_TAGS && at < size; tag++) {
    const head = await readAt(handle, 4, at);
    if (head.length < 4) return false;
    if (head.toString('latin1', 0, 3) === 'FLV') return true;
    if (![8, 9, 18].includes((head[0] ?? 0) & 0x1f)) return false;
    at += 11 + head.readUIntBE(1, 3) + 4;
  }
  return false;
}

/** An uncompressed SWF says how long it is. */
async function hasSecondSwf(handle: FileHandle): Promise<boolean> {
  const head = await readAt(handle, 8, 0);
  if (head.length < 8 || head.toString('latin1', 0, 3) !== 'FWS') return false;
  return /^[FCZ]WS$/.test((await readAt(handle, 3, head.readUInt32LE(4))).toString('latin1'));
}

/** Whether the bytes `mark` come at `from` or later, but not at the start of the file. */
async function hasAfter(handle: FileHandle, mark: Buffer, from: number): Promise<boolean> {
  const start = Math.max(1, from);
  for (let at = start; at < start + MOST_SEARCHED; at += SEARCHED_AT_ONCE) {
    const bytes = await readAt(handle, SEARCHED_AT_ONCE + mark.length - 1, at);
    if (bytes.includes(mark)) return true;
    if (bytes.length < SEARCHED_AT_ONCE) return false;
  }
  return false;
}
