import { openRegular, readAt, readRegular } from '../../core/regular-file.ts';

/**
 * Still pictures. They go through sharp, not ffmpeg. An animated PNG is a video; an animated WebP or AVIF counts as its
 * first picture, which is said.
 */
export const PICTURE_EXTENSIONS: ReadonlySet<string> = new Set(['.jpg', '.jpeg', '.png', '.apng', '.webp', '.avif']);

/** Extensions of videos in folders. A file that is named explicitly counts whatever its extension. */
export const MEDIA_EXTENSIONS: ReadonlySet<string> = new Set(
  (
    'mp4 m4v mov qt mkv webm avi wmv asf flv f4v mpg mpeg mpe m1v m2v vob ts mts m2ts m2t mxf 3gp 3g2 ogv ogm ' +
    'divx rm rmvb dv gif m3u8 y4m nut ivf wtv h264 264 h265 265 hevc mjpeg mjpg mk3d'
  )
    .split(' ')
    .map((extension) => `.${extension}`),
);

/** True where a file begins like a JPEG, PNG, WebP or AVIF picture. False where it cannot be read. */
export async function isPictureContent(path: string): Promise<boolean> {
  const head = await firstBytes(path, 12);
  return (
    head.startsWith('\xff\xd8\xff') ||
    head.startsWith('\x89PNG\r\n\x1a\n') ||
    (head.startsWith('RIFF') && head.endsWith('WEBP')) ||
    head.slice(4) === 'ftypavif' ||
    head.slice(4) === 'ftypavis'
  );
}

const PNG = '\x89PNG\r\n\x1a\n';
/** Chunks that are looked at before the picture data: a file has about a dozen kinds of them. */
const MOST_CHUNKS = 64;

/** True for an animated PNG (APNG): its `acTL` chunk comes before the picture data. False where it cannot be read. */
export async function isAnimatedPng(path: string): Promise<boolean> {
  if (!(await firstBytes(path, PNG.length)).startsWith(PNG)) return false;
  const { handle } = await openRegular(path);
  try {
    let at = PNG.length;
    for (let chunk = 0; chunk < MOST_CHUNKS; chunk += 1) {
      const head = await readAt(handle, 8, at);
      const type = head.toString('latin1', 4, 8);
      if (head.length < 8 || type === 'IDAT') return false;
      if (type === 'acTL') return true;
      at += 12 + head.readUInt32BE(0);
    }
    return false;
  } finally {
    await handle.close();
  }
}

/**
 * First bytes of FLV, Ogg, GIF, ASF, MPEG program stream and video, HLS, RealMedia, Matroska, MXF, NUT, IVF, Y4M, WTV, and of raw H.264 and
 * H.265 (a start code and the first parameter set).
 */
const OPENINGS = [
  'FLV\x01',
  'OggS',
  'GIF8',
  '0&\xb2u\x8ef\xcf\x11',
  '\0\0\x01\xba',
  '\0\0\x01\xb3',
  '#EXTM3U',
  '.RMF',
  '\x1aE\xdf\xa3',
  '\x06\x0e+4\x02\x05\x01\x01',
  'nut/multimedia container\0',
  'DKIF',
  'YUV4MPEG2 ',
  '\xb7\xd8\x00\x20',
  '\0\0\0\x01\x67',
  '\0\0\x01\x67',
  '\0\0\0\x01\x09',
  '\0\0\0\x01\x40\x01',
  '\0\0\0\x01\x46\x01',
];
const MP4_BOXES = ['ftyp', 'moov', 'mdat', 'free', 'skip', 'wide', 'styp', 'moof'];
const TS_PACKET = 188;
/** With four bytes of time before each packet (M2TS). */
const TIMED_TS_PACKET = 192;

/** True where a file begins like a known video container. If ffmpeg cannot open it then, it is damaged. */
export async function looksLikeContainer(path: string): Promise<boolean> {
  const head = await firstBytes(path, TIMED_TS_PACKET + 5);
  return (
    OPENINGS.some((opening) => head.startsWith(opening)) ||
    MP4_BOXES.includes(head.slice(4, 8)) ||
    (head.startsWith('RIFF') && head.slice(8, 12) === 'AVI ') ||
    (head[0] === 'G' && head[TS_PACKET] === 'G') ||
    (head[4] === 'G' && head[4 + TIMED_TS_PACKET] === 'G')
  );
}

/** True for a text file with an extension of MPEG transport streams, which TypeScript shares. */
export async function isTypeScript(path: string): Promise<boolean> {
  return /\.m?ts$/i.test(path) && /^[\t\n\r\x20-\x7e\x80-\xff]+$/.test(await firstBytes(path, TS_PACKET));
}

/** One character per byte; empty where the file cannot be read. */
async function firstBytes(path: string, count: number): Promise<string> {
  try {
    return (await readRegular(path, count)).toString('latin1');
  } catch {
    return '';
  }
}
