/** Boxes that contain boxes, and the size of the fields before those. */
const CONTAINERS: Readonly<Record<string, number>> = { moov: 0, trak: 0, mdia: 0, minf: 0, stbl: 0, stsd: 8 };
/** Size of a sample entry's fields before its boxes (ISO 14496-12, 12.1.3 and 12.2.3). */
const VIDEO_ENTRY = 78;
const AUDIO_ENTRY = 28;

interface Box {
  readonly type: string;
  readonly body: Buffer;
}

function* boxesIn(bytes: Buffer): Generator<Box> {
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (size < 8 || at + size > bytes.length) return;
    yield { type, body: bytes.subarray(at + 8, at + size) };
    at += size;
  }
}

function* sampleEntries(bytes: Buffer, inside = ''): Generator<Box> {
  for (const box of boxesIn(bytes)) {
    const own = CONTAINERS[box.type];
    if (inside === 'stsd') yield box;
    else if (own !== undefined) yield* sampleEntries(box.body.subarray(own), box.type);
  }
}

function hex(value: number, digits = 2): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** `avc1.64001F` (ISO 14496-15, annex E). */
function avc(type: string, config: Buffer): string {
  return `${type}.${hex(config[1] ?? 0)}${hex(config[2] ?? 0)}${hex(config[3] ?? 0)}`;
}

/** `hvc1.1.6.L93.B0` (ISO 14496-15, annex E): profile, compatibility flags in reverse bit order, tier and level, constraints. */
function hevc(type: string, config: Buffer): string {
  const first = config[1] ?? 0;
  const space = ['', 'A', 'B', 'C'][first >> 6] ?? '';
  let flags = 0;
  for (let bit = 0; bit < 32; bit++) if (((config.readUInt32BE(2) >>> bit) & 1) === 1) flags += 2 ** (31 - bit);
  const constraints = [...config.subarray(6, 12)];
  while (constraints.at(-1) === 0) constraints.pop();
  const tier = (first & 0x20) === 0 ? 'L' : 'H';
  const parts = [type, `${space}${first & 0x1f}`, hex(flags, 1), `${tier}${config[12] ?? 0}`];
  return [...parts, ...constraints.map((byte) => hex(byte, 1))].join('.');
}

/** `av01.0.04M.08` (AV1 in ISO BMFF, 5): profile, level and tier, bits. */
function av1(type: string, config: Buffer): string {
  const [level = 0, shape = 0] = [config[1], config[2]];
  const bits = (shape & 0x40) === 0 ? 8 : (shape & 0x20) === 0 ? 10 : 12;
  return `${type}.${level >> 5}.${two(level & 0x1f)}${(shape & 0x80) === 0 ? 'M' : 'H'}.${two(bits)}`;
}

/** `vp09.00.10.08` (VP codec in ISO BMFF): profile, level, bits. */
function vp9(type: string, config: Buffer): string {
  return `${type}.${two(config[4] ?? 0)}.${two(config[5] ?? 0)}.${two((config[6] ?? 0) >> 4)}`;
}

const VIDEO: Readonly<Record<string, (type: string, config: Buffer) => string>> = {
  avcC: avc,
  hvcC: hevc,
  av1C: av1,
  vpcC: vp9,
};

/** The nested descriptors of an `esds` box, each with its tag and contents (ISO 14496-1, 7.2.6). */
function* descriptors(bytes: Buffer): Generator<{ readonly tag: number; readonly body: Buffer }> {
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at++] ?? 0;
    let length = 0;
    for (let more = true; more && at < bytes.length; at++) {
      length = length * 128 + ((bytes[at] ?? 0) & 0x7f);
      more = (bytes[at] ?? 0) >= 0x80;
    }
    const body = bytes.subarray(at, at + length);
    yield { tag, body };
    if (tag === 3) yield* descriptors(body.subarray(3));
    if (tag === 4) yield* descriptors(body.subarray(13));
    at += length;
  }
}

const AAC = 0x40;
/** Object types of MPEG-1 and MPEG-2 layer 3. HLS names both by the MPEG-4 audio object type. */
const MP3: ReadonlySet<number> = new Set([0x6b, 0x69]);

/** `mp4a.40.2` (RFC 6381, 3.3). */
function mp4a(esds: Buffer): string | undefined {
  let [object, kind] = [0, 0];
  for (const { tag, body } of descriptors(esds.subarray(4))) {
    if (tag === 4) object = body[0] ?? 0;
    if (tag === 5) kind = (body[0] ?? 0) >> 3;
  }
  if (MP3.has(object)) return 'mp4a.40.34';
  return object === AAC && kind > 0 ? `mp4a.40.${kind}` : undefined;
}

/** Audio codecs whose sample entry type is the whole codec string. */
const AUDIO: ReadonlySet<string> = new Set(['ac-3', 'ec-3', 'alac', 'fLaC', 'Opus']);

function codecOf({ type, body }: Box): string | undefined {
  if (AUDIO.has(type)) return type;
  if (type === 'mp4a') {
    const esds = [...boxesIn(body.subarray(AUDIO_ENTRY))].find((box) => box.type === 'esds');
    return esds === undefined ? undefined : mp4a(esds.body);
  }
  for (const box of boxesIn(body.subarray(VIDEO_ENTRY))) {
    const codec = VIDEO[box.type]?.(type, box.body);
    if (codec !== undefined) return codec;
  }
  return undefined;
}

/**
 * Codec strings of an MP4's streams (RFC 6381): `avc1.64001F`, `mp4a.40.2`, ... Undefined where any of them is unknown,
 * because an incomplete list would be wrong.
 * @param head the start of the file, with the whole `moov` box
 */
export function codecStrings(head: Buffer): string[] | undefined {
  const names = [...sampleEntries(head)].map(codecOf);
  const known = names.filter((name) => name !== undefined);
  return known.length === names.length && known.length > 0 ? known : undefined;
}
