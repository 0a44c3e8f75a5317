import chardet from 'chardet';
import iconv from 'iconv-lite';
import { UsageError } from '../../core/failures.ts';

/** A text that was read from bytes. */
export interface DecodedText {
  readonly text: string;
  /** The encoding, such as `utf-8` or `windows-1251`. */
  readonly encoding: string;
  /** True where nothing in the file says so: the encoding was detected by statistics. */
  readonly guessed: boolean;
}

/** As much of a file as its encoding is detected from. */
const SAMPLE_BYTES = 262_144;

/** Code pages of Windows that contain what the ISO standard has; subtitle editors write these. */
const SUPERSETS: Readonly<Record<string, string>> = {
  'ISO-8859-1': 'windows-1252',
  'ISO-8859-6': 'windows-1256',
  'ISO-8859-7': 'windows-1253',
  'ISO-8859-8': 'windows-1255',
  'ISO-8859-9': 'windows-1254',
};
/** Encodings that the library does not detect, or misses in short texts, with the confidence that they start with. */
const MORE: Readonly<Record<string, number>> = { 'windows-874': 9, cp866: 8, 'windows-1251': 8, 'windows-1253': 8 };
/** Of equally probable encodings, the most widespread ones first. */
const WIDESPREAD = ['windows-1252', 'gb18030', 'shift_jis', 'windows-1251', 'euc-kr', 'big5'];
/** Confidence that is lost where every word is implausible. */
const PENALTY = 100;

/** Characters that no text has: undecodable bytes, control characters, halfwidth katakana, box drawing. */
const IMPOSSIBLE = /[\uFFFD\u0080-\u009F\uE000-\uF8FF\uFF61-\uFF9F\u2500-\u259F]/u;
/** A mark without a letter before it, a sign inside or at the end of a word, a capital right after a small letter. */
const ODD = /^\p{M}|\p{L}[¡-©«-¯±-¿×÷†‡‰]\p{L}|\p{L}[¡-©¬-¯±´-¹¼-¾×÷]$|\p{Ll}\p{Lu}/u;
/** A word of Latin letters nearly all of which have accents: Cyrillic, Greek and others, read as Western. */
function isAccented(word: string): boolean {
  const letters = word.match(/\p{Script=Latin}/gu) ?? [];
  const accented = letters.filter((letter) => letter > '~').length;
  return letters.length >= 3 && accented > 0.7 * letters.length;
}

const QUOTES = /^[«»‹›„“”‚‘’¡¿]+|[«»‹›“”‘’…]+$/gu;
const SCRIPTS = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Hebrew}/u,
  /\p{Script=Arabic}/u,
  /\p{Script=Thai}/u,
  /\p{Script=Hangul}/u,
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u,
];

/** The share of implausible words among those that are not plain ASCII. */
function implausibility(text: string): number {
  const parts = text.split(/[\s!-@[-`{-~–—…]+/u).map((part) => part.replace(QUOTES, ''));
  const words = parts.filter((part) => /[^ -~]/u.test(part));
  const bad = words.filter((word) => {
    const scripts = SCRIPTS.filter((script) => script.test(word)).length;
    return scripts !== 1 || IMPOSSIBLE.test(word) || ODD.test(word) || isAccented(word);
  });
  return words.length === 0 ? 0 : bad.length / words.length;
}

/** The most probable encoding of bytes that are not UTF-8. */
function detect(bytes: Uint8Array): string {
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  const scores = new Map<string, number>(Object.entries(MORE));
  for (const { name, confidence } of chardet.analyse(sample)) {
    const encoding = (SUPERSETS[name] ?? name).toLowerCase();
    if (encoding.startsWith('utf') || encoding === 'ascii' || !iconv.encodingExists(encoding)) continue;
    scores.set(encoding, Math.max(confidence, scores.get(encoding) ?? 0));
  }
  const place = (encoding: string): number =>
    (WIDESPREAD.indexOf(encoding) + WIDESPREAD.length + 1) % (WIDESPREAD.length + 1);
  const ranked = [...scores].map(([encoding, confidence]) => {
    const score = confidence - PENALTY * implausibility(iconv.decode(Buffer.from(sample), encoding));
    return { encoding, score };
  });
  ranked.sort((a, b) => b.score - a.score || place(a.encoding) - place(b.encoding));
  return ranked[0]?.encoding ?? 'windows-1252';
}

/** UTF-16 without a byte order mark: in texts of any language half of the bytes around spaces and digits are zero. */
function utf16(bytes: Uint8Array): string | undefined {
  const zeros = [0, 0];
  const sample = bytes.subarray(0, 2 * Math.floor(Math.min(bytes.length, SAMPLE_BYTES) / 2));
  for (const [at, byte] of sample.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros.map((count) => (2 * count) / Math.max(1, sample.length));
  if (odd > 0.1 && even < odd / 10) return 'utf-16le';
  return even > 0.1 && odd < even / 10 ? 'utf-16be' : undefined;
}

function byteOrderMark(bytes: Uint8Array): string | undefined {
  const starts = (...mark: number[]): boolean => mark.every((byte, at) => bytes[at] === byte);
  if (starts(0xef, 0xbb, 0xbf)) return 'utf-8';
  if (starts(0xff, 0xfe, 0, 0)) return 'utf-32le';
  if (starts(0xff, 0xfe)) return 'utf-16le';
  return starts(0xfe, 0xff) ? 'utf-16be' : undefined;
}

/** The encoding that an option names. Throws a UsageError where {@link decodeText} does not know it. */
export function parseEncoding(name: string, option: string): string {
  if (iconv.encodingExists(name)) return name.toLowerCase();
  throw new UsageError(`${option} ${name}: not a known encoding; write it as utf-8, windows-1251, gbk or shift_jis`);
}

/**
 * Decodes a text file of unknown encoding: by its byte order mark, as UTF-8, as UTF-16, or in the code page that is most
 * probable (Windows code pages, KOI8-R, GB18030, Big5, Shift_JIS, EUC). `encoding` overrides all of these.
 */
export function decodeText(bytes: Uint8Array, encoding?: string): DecodedText {
  const decoded = (name: string, guessed: boolean): DecodedText => {
    return { text: iconv.decode(Buffer.from(bytes), name), encoding: name, guessed };
  };
  const known = encoding ?? byteOrderMark(bytes);
  if (known !== undefined) return decoded(known, false);
  const wide = utf16(bytes);
  if (wide !== undefined) return decoded(wide, true);
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), encoding: 'utf-8', guessed: false };
  } catch {
    return decoded(detect(bytes), true);
  }
}
