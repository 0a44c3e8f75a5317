import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Calibration } from '../../src/workers/bundle/calibration.ts';
import {
  type Colour,
  DETAIL,
  DIMS,
  decoderGraph,
  deeplensGraph,
  detailGraph,
  EDGE,
  encoderGraph,
  IDS,
  type Misbehaviour,
  PALETTE,
  type Say,
} from './tiny-graphs.ts';

export { COLOURS, type Colour, PALETTE } from './tiny-graphs.ts';

/**
 * What the tiny bundle writes for a picture whose mean colour is nearest to the one named: the first pass's draft and the second pass's text,
 * as the runtime shows them. A pure colour has a confidence above 0.95; the further the mean colour from the palette, the lower.
 * Greedy search (beams 1) is led astray by purple: it drafts "A dark picture".
 */
export const TEXTS: Readonly<Record<Colour, { readonly draft: string; readonly text: string }>> = {
  red: { draft: 'A red picture', text: 'A bright red picture' },
  green: { draft: 'A green picture', text: 'A bright green picture' },
  blue: { draft: 'A blue picture', text: 'A bright blue picture' },
  white: { draft: 'A white wall in the sun', text: 'A bright white wall in the sun' },
  black: { draft: 'A black picture', text: 'A dark black picture' },
  gray: { draft: 'A gray picture', text: 'A gray picture' },
  yellow: { draft: 'A yellow picture', text: 'A bright yellow picture' },
  purple: { draft: 'A purple picture', text: 'A bright purple picture' },
};

/** How a tiny bundle is made; everything has a default. */
export interface TinyBundleOptions extends Misbehaviour {
  readonly name?: string;
  /** Adds a `detail` graph, which shows DeepLens red as green, green as blue and blue as red. */
  readonly detail?: boolean;
  readonly generation?: {
    beams?: number;
    maxTokens?: number;
    noRepeatNgram?: number;
    lengthPenalty?: number;
    minConfidence?: number;
    centerCrop?: number;
    calibration?: Calibration;
    captionsFlat?: boolean;
  };
  /**
   * What is wrong with it: `checksum` the decoder's bytes differ from its sha256; `missing` the decoder is not there; `format` made for
   * format 99; `json` bundle.json is torn; `field` a field is wrong; `graph` the decoder is another graph; `onnx` the decoder is no ONNX;
   * `tokenizer` tokenizer.json is no tokenizer. The last three have right checksums.
   */
  readonly damage?: 'checksum' | 'missing' | 'format' | 'json' | 'field' | 'graph' | 'onnx' | 'tokenizer';
}

const POSITIONS = 12;
const words = [
  ...new Set(Object.values(TEXTS).flatMap(({ draft, text }) => `${draft} ${text}`.toLowerCase().split(' '))),
];

/** Byte-level BPE that grows each word letter by letter; special tokens first. */
function tokenizer(): { json: object; tokens: Map<string, number> } {
  const pieces = new Set<string>();
  const merges: string[] = [];
  for (const word of ['a', ...words.map((each) => `Ġ${each}`)]) {
    for (const letter of word) pieces.add(letter);
    for (let end = 2; end <= word.length; end++) {
      if (!pieces.has(word.slice(0, end))) merges.push(`${word.slice(0, end - 1)} ${word.slice(end - 1, end)}`);
      pieces.add(word.slice(0, end));
    }
  }
  const specials = ['<pad>', '<bos>', '<eos>', '<draft>'];
  const tokens = new Map([...specials, ...pieces].map((piece, id) => [piece, id]));
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const json = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specials.map((content, id) => ({ id, content, ...flags })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(tokens),
      merges,
    },
  };
  return { json, tokens };
}

function graphs(
  tokens: Map<string, number>,
  detail: boolean,
  misbehaviour: Misbehaviour,
): Record<'encoder' | 'deeplens' | 'decoder', Uint8Array> {
  const idOf = (word: string, position: number) => {
    const id = tokens.get(position === 0 ? word : `Ġ${word}`);
    if (id === undefined) throw new Error(`no token for ${word}`);
    return id;
  };
  const script = (pass: number, dark: boolean, colour: Colour, position: number): Say => {
    const { draft, text } = TEXTS[colour];
    const sentence = (pass === 0 ? draft : text).toLowerCase().split(' ');
    // The garden path: "dark" looks better than "purple", but what follows it is unsure.
    const lost = colour === 'purple' && pass === 0 && dark;
    const word = sentence[position];
    if (word === undefined) return { token: IDS.eos, logit: (lost ? 4 : 10) + 20 };
    if (colour === 'purple' && pass === 0 && position === 1) {
      return { token: idOf('dark', 1), logit: 10, other: { token: idOf('purple', 1), logit: 9.5 } };
    }
    return { token: idOf(word, position), logit: lost ? 4 : 10 };
  };
  return {
    encoder: encoderGraph(misbehaviour),
    deeplens: deeplensGraph(detail ? DETAIL : 0),
    decoder: decoderGraph(tokens.size, POSITIONS, idOf('dark', 1), script),
  };
}

/**
 * Writes a small but real bundle of format 2 into `folder` (made if missing): ONNX graphs that obey the contract, KV cache included, and whose
 * captions are known (see {@link TEXTS}), and a real byte-level BPE tokenizer. Pictures are 16 x 16, stretched, bilinear.
 * @returns `folder`, to give to `loadBundle` or `--model`
 */
export async function buildTinyBundle(folder: string, options: TinyBundleOptions = {}): Promise<string> {
  const { name = 'tiny', damage, detail = false, generation, ...misbehaviour } = options;
  const { json, tokens } = tokenizer();
  const made = graphs(tokens, detail, misbehaviour);
  const files: Record<string, Uint8Array> = {
    'tokenizer.json': Buffer.from(JSON.stringify(damage === 'tokenizer' ? { version: '1.0' } : json)),
    'encoder.onnx': made.encoder,
    'deeplens.onnx': made.deeplens,
    'decoder.onnx': damage === 'graph' ? made.encoder : damage === 'onnx' ? Buffer.from('no graph') : made.decoder,
    ...(detail ? { 'detail.onnx': detailGraph() } : {}),
  };
  const entry = (file: string) => ({
    file,
    sha256: createHash('sha256')
      .update(files[file] ?? '')
      .digest('hex'),
  });
  const manifest = {
    format: damage === 'format' ? 99 : 2,
    name,
    version: '1',
    description: 'Knows eight colours',
    licence: 'Apache-2.0',
    trainedOn: [],
    image: {
      width: damage === 'field' ? 0 : EDGE,
      height: EDGE,
      resize: 'stretch',
      filter: 'bilinear',
      matrix: 'bt601',
      normalisation: { mean: [0, 0, 0], std: [1, 1, 1], applied: 'in-graph' },
    },
    tokenizer: entry('tokenizer.json'),
    graphs: {
      encoder: { default: entry('encoder.onnx') },
      deeplens: { default: entry('deeplens.onnx') },
      decoder: { default: entry('decoder.onnx') },
      ...(detail ? { detail: { default: entry('detail.onnx') } } : {}),
    },
    dims: { ...DIMS, ...(detail ? { detail: DETAIL } : {}), vocab: tokens.size },
    ids: IDS,
    generation: { beams: 3, maxTokens: 11, noRepeatNgram: 3, lengthPenalty: 1, captionsFlat: true, ...generation },
    modes: ['brief'],
    scores: {},
  };
  await mkdir(folder, { recursive: true });
  for (const [file, bytes] of Object.entries(files)) await writeFile(join(folder, file), bytes);
  if (damage === 'checksum') await writeFile(join(folder, 'decoder.onnx'), Buffer.concat([made.decoder, Buffer.of(0)]));
  if (damage === 'missing') await rm(join(folder, 'decoder.onnx'));
  const text = JSON.stringify(manifest, undefined, 2);
  await writeFile(join(folder, 'bundle.json'), damage === 'json' ? text.slice(0, text.length / 2) : text);
  return folder;
}

/** Pixels of a picture of the tiny bundle's size in one colour: a name, or RGB. */
export function tinyPicture(colour: Colour | readonly [number, number, number]): Uint8Array {
  const rgb = typeof colour === 'string' ? PALETTE[colour] : colour;
  return Uint8Array.from({ length: EDGE * EDGE * 3 }, (_, i) => rgb[i % 3] ?? 0);
}
