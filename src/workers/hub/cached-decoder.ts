import { Tensor } from 'onnxruntime-node';
import { beamSearch, type Hypothesis, type SearchRules } from '../decoding/beam-search.ts';
import { floats, type Graph, gatherRows, int64, ones, outputOf, zeros } from './hub-sessions.ts';

/** What the decoder reads of the encoder, a row a picture. */
export interface EncoderState {
  /** float32 [B, S, D] */
  readonly hidden: Tensor;
}

/** The decoder's prompt, a row a picture, all of one length. */
export interface DecoderPrompt {
  /** How many tokens each row has. */
  readonly length: number;
  /** Token ids, for decoders that read `input_ids`. */
  readonly ids?: readonly (readonly number[])[];
  /** float32 [B, S, D], for decoders that read `inputs_embeds`. */
  readonly embeds?: Tensor;
}

/** A decoder graph with its cache: `decoder_model_merged`. */
export interface CachedDecoder {
  readonly graph: Graph;
  /** Embeds token ids, for decoders that read `inputs_embeds`. */
  readonly embed?: (ids: readonly (readonly number[])[]) => Promise<Tensor>;
}

const PAST = 'past_key_values.';
const isEncoderPart = (name: string): boolean => name.includes('.encoder.');

/** Logits behind the last column of each row. */
function lastLogits(tensor: Tensor): Float32Array[] {
  const [rows = 0, columns = 0, vocab = 0] = tensor.dims;
  const data = floats(tensor);
  return Array.from({ length: rows }, (_, row) => {
    const end = (row + 1) * columns * vocab;
    return data.subarray(end - vocab, end);
  });
}

/** The mean logits of every `views` rows: the normalised geometric mean of their probabilities. */
function meanOfViews(rows: readonly Float32Array[], views: number): readonly Float32Array[] {
  if (views === 1) return rows;
  return Array.from({ length: rows.length / views }, (_, at) => {
    const [first = new Float32Array(0), ...others] = rows.slice(at * views, (at + 1) * views);
    return first.map((logit, token) => others.reduce((sum, other) => sum + (other[token] ?? 0), logit) / views);
  });
}

/** The cache that a first call gets: no columns, except for the encoder's part, which a graph may reshape even where it ignores it. */
function emptyCache(graph: Graph, rows: number, encoderColumns: number): Record<string, Tensor> {
  const cache: Record<string, Tensor> = {};
  for (const name of graph.inputs) {
    if (!name.startsWith(PAST)) continue;
    const [, heads = 0, , size = 0] = graph.shapeOf(name);
    cache[name] = zeros([rows, Number(heads), isEncoderPart(name) ? encoderColumns : 0, Number(size)]);
  }
  return cache;
}

/**
 * Writes captions with a decoder of the hub and its key-value cache, by beam search.
 * @param encoder absent for decoder-only models
 * @param views rows for each caption: with several, it is decoded from the mean of their logits
 * @returns the captions, without the prompt
 */
export async function decodeCaptions(
  { graph, embed }: CachedDecoder,
  prompt: DecoderPrompt,
  encoder: EncoderState | undefined,
  rules: SearchRules,
  views = 1,
): Promise<readonly Hypothesis[]> {
  const pictures = prompt.ids?.length ?? prompt.embeds?.dims[0] ?? 0;
  const encoderColumns = encoder?.hidden.dims[1] ?? 0;
  /** Constant for each picture: computed by the first call, later calls return placeholders in their place. */
  let encoderCache: Record<string, Tensor> = {};
  let cache: Record<string, Tensor> = {};
  /** The picture of each row. */
  let pictureOf = Array.from({ length: pictures }, (_, row) => row);
  let hidden = encoder?.hidden;
  let columns = 0;

  async function call(
    input: { readonly ids?: readonly (readonly number[])[] | undefined; readonly embeds?: Tensor | undefined },
    length: number,
    past: Record<string, Tensor>,
    first: boolean,
  ): Promise<Readonly<Record<string, Tensor>>> {
    const rows = pictureOf.length;
    const total = columns + length;
    const all: Record<string, Tensor | undefined> = {
      ...past,
      input_ids: input.ids === undefined ? undefined : int64(input.ids),
      inputs_embeds: input.embeds,
      encoder_hidden_states: hidden,
      encoder_attention_mask: ones(rows, encoderColumns),
      attention_mask: ones(rows, total),
      position_ids: int64(Array.from({ length: rows }, () => Array.from({ length }, (_, at) => columns + at))),
      use_cache_branch: new Tensor('bool', Uint8Array.of(first ? 0 : 1), [1]),
      // Without it the logits of the whole prompt are computed.
      num_logits_to_keep: new Tensor('int64', BigInt64Array.of(1n), []),
    };
    const feeds: Record<string, Tensor> = {};
    for (const name of graph.inputs) {
      const tensor = all[name];
      if (tensor === undefined) throw new RangeError(`${graph.path} has the input ${name}, which is not known`);
      feeds[name] = tensor;
    }
    return graph.run(feeds);
  }

  function keep(outputs: Readonly<Record<string, Tensor>>, length: number, first: boolean): Float32Array[] {
    columns += length;
    cache = {};
    for (const name of graph.inputs) {
      if (!name.startsWith(PAST)) continue;
      const present = name.replace(PAST, 'present.');
      if (!isEncoderPart(name)) cache[name] = outputOf(outputs, present);
      else if (first) encoderCache[name] = outputOf(outputs, present);
    }
    return lastLogits(outputOf(outputs, 'logits'));
  }

  let begun: Readonly<Record<string, Tensor>>;
  try {
    begun = await call(prompt, prompt.length, emptyCache(graph, pictures, encoderColumns), true);
  } catch (error) {
    if (encoderColumns === 0) throw error;
    // Exports differ: some take an empty cache only.
    begun = await call(prompt, prompt.length, emptyCache(graph, pictures, 0), true).catch(() => {
      throw error;
    });
  }
  const starts = meanOfViews(keep(begun, prompt.length, true), views);
  return beamSearch(
    starts.map((first) => ({ first, draft: { tokens: [], logits: [] } })),
    async (newest, origins) => {
      const tokens = newest.flatMap((token) => new Array<number>(views).fill(token));
      const parents = origins.flatMap((origin) => Array.from({ length: views }, (_, view) => origin * views + view));
      const before = pictureOf;
      pictureOf = parents.map((parent) => before[parent] ?? 0);
      const past: Record<string, Tensor> = {};
      for (const [name, tensor] of Object.entries(cache)) past[name] = gatherRows(tensor, parents);
      const samePictures =
        pictureOf.length === before.length && pictureOf.every((picture, row) => picture === before[row]);
      if (!samePictures) {
        hidden = hidden === undefined ? undefined : gatherRows(hidden, parents);
        encoderCache = Object.fromEntries(
          Object.entries(encoderCache).map(([name, tensor]) => [name, gatherRows(tensor, parents)]),
        );
      }
      const ids = tokens.map((token) => [token]);
      const outputs = await call({ ids, embeds: await embed?.(ids) }, 1, { ...past, ...encoderCache }, false);
      return meanOfViews(keep(outputs, 1, false), views);
    },
    rules,
  );
}
