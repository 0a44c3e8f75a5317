import { Tensor } from 'onnxruntime-node';
import { beamSearch, type Hypothesis, type Step } from './beam-search.ts';
import type { Manifest } from './manifest.ts';
import { promptOf } from './prompt.ts';
import type { Decoder, Table } from './sessions.ts';

/** What a look reads of B pictures. */
export interface View {
  /** Reads it, and writes. */
  readonly decode: Decoder;
  /** float32 [B, N, D]: the glance, or what DeepLens made of it. */
  readonly visual: Tensor;
  /** Token ids of each picture's draft, read before the caption is written; an empty draft is a draft too. Absent: none is read. */
  readonly drafts?: readonly (readonly number[])[];
  /**
   * For each picture, what this view said of the caption that the look is to score: the logits behind the start token and behind each of
   * its tokens. The view is then read again only for pictures whose caption turns out otherwise.
   */
  readonly known?: readonly (readonly Float32Array[])[];
}

/** A view that the decoder has read. */
interface ReadView {
  /** For each picture, the logits behind the start token and behind each token of its guess. */
  readonly logits: readonly (readonly Float32Array[])[];
  readonly step: Step;
}

/** Reads a view, and scores each picture's guess in the same call. */
async function readView(
  { dims, ids }: Manifest,
  { decode, visual, drafts }: Omit<View, 'known'>,
  guesses: readonly (readonly number[])[],
): Promise<ReadView> {
  const prompt = promptOf(ids, guesses, drafts);
  /** Which cache slots each row may attend to: all but padding and, once it goes its own way, the rest of its guess. */
  let masks = prompt.seen.map((seen) => [...new Array<number>(dims.visual).fill(1), ...seen]);
  const maskTable = (): Table => ({ columns: masks[0]?.length ?? 0, values: masks.flat() });
  const rows = guesses.map((_, row) => row);
  const start = await decode({ ...prompt, visual, mask: maskTable(), past: undefined, rows });
  let past = start.present;
  let fresh = rows.map(() => true);
  const guessAt = dims.visual + prompt.start + 1;
  return {
    logits: start.logits.map((columns, row) =>
      columns.slice(prompt.start, prompt.start + 1 + (guesses[row]?.length ?? 0)),
    ),
    async step(tokens, parents, positions) {
      masks = parents.map((parent, row) => {
        const mask = [...(masks[parent] ?? [])];
        // Behind the start token stand as many tokens of the guess as were kept: all but the newest token, which comes now.
        if (fresh[parent]) mask.fill(0, guessAt + (positions[row] ?? 1) - 1);
        return [...mask, 1];
      });
      fresh = parents.map(() => false);
      const { logits, present } = await decode({
        visual: undefined,
        ids: { columns: 1, values: tokens },
        positions: { columns: 1, values: positions },
        segments: { columns: 1, values: tokens.map(() => 0) },
        mask: maskTable(),
        past,
        rows: parents,
      });
      past = present;
      return logits.map(([last]) => last ?? new Float32Array(0));
    },
  };
}

/** Some pictures' rows of a float32 tensor [B, N, D]. */
function rowsOf({ data, dims }: Tensor, rows: readonly number[]): Tensor {
  if (!(data instanceof Float32Array)) throw new TypeError('Visual tokens are float32');
  const size = data.length / (dims[0] ?? 1);
  const picked = new Float32Array(rows.length * size);
  for (const [at, row] of rows.entries()) picked.set(data.subarray(row * size, (row + 1) * size), at * size);
  return new Tensor('float32', picked, [rows.length, ...dims.slice(1)]);
}

/** A view that has said already what it thinks of the guesses: it is read once a caption leaves its guess, for these captions only. */
function knownView(
  manifest: Manifest,
  { decode, visual }: View,
  known: ReadView['logits'],
  guesses: readonly (readonly number[])[],
): ReadView {
  let read: ReadView | undefined;
  return {
    logits: known,
    async step(tokens, parents, positions) {
      if (read !== undefined) return read.step(tokens, parents, positions);
      const kept = parents.map((parent, row) => guesses[parent]?.slice(0, (positions[row] ?? 1) - 1) ?? []);
      const written = kept.map((guess, row) => [...guess, ...tokens.slice(row, row + 1)]);
      read = await readView(manifest, { decode, visual: rowsOf(visual, parents) }, written);
      return read.logits.map((columns) => columns.at(-1) ?? new Float32Array(0));
    },
  };
}

/** The mean of logits: the geometric mean of the probabilities, once they are brought to a sum of 1. */
function meanOf(each: readonly Float32Array[]): Float32Array {
  const [first = new Float32Array(0), ...others] = each;
  if (others.length === 0) return first;
  return first.map((logit, token) => others.reduce((sum, other) => sum + (other[token] ?? 0), logit) / each.length);
}

/**
 * One look at B pictures: writes a caption of each from one view or several. From several, a token's probability is the geometric mean of
 * what it is from each.
 * @param drafts captions (token ids) to be scored whole in the first call. Greedy search keeps their tokens up to the first that it would have
 * written otherwise, and decodes from there: the captions are the same, and a draft that stands as it is costs no further call
 */
export async function writePass(
  manifest: Manifest,
  views: readonly View[],
  drafts?: readonly (readonly number[])[],
): Promise<readonly Hypothesis[]> {
  const { ids, generation } = manifest;
  const [pictures = 0] = views[0]?.visual.dims ?? [];
  const scored = generation.beams === 1 ? drafts : undefined;
  // What comes behind a last token at the limit is never asked.
  const guesses = Array.from({ length: pictures }, (_, row) =>
    (scored?.[row] ?? []).slice(0, generation.maxTokens - 1),
  );
  const read: ReadView[] = [];
  for (const view of views) {
    read.push(
      scored === undefined || view.known === undefined
        ? await readView(manifest, view, guesses)
        : knownView(manifest, view, view.known, guesses),
    );
  }
  return beamSearch(
    guesses.map((tokens, row) => {
      const columns = Array.from({ length: tokens.length + 1 }, (_, at) =>
        meanOf(read.flatMap(({ logits }) => logits[row]?.[at] ?? [])),
      );
      const [first = new Float32Array(0), ...logits] = columns;
      return { first, guess: { tokens, logits } };
    }),
    async (...next) => {
      const each: (readonly Float32Array[])[] = [];
      for (const { step } of read) each.push(await step(...next));
      return next[0].map((_, row) => meanOf(each.flatMap((logits) => logits[row] ?? [])));
    },
    { ...generation, ids },
  );
}
