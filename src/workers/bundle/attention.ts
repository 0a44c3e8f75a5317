import type { Tensor } from 'onnxruntime-node';
import type { Decoder } from './graph-sessions.ts';
import type { Manifest } from './manifest.ts';
import { promptOf } from './prompt.ts';
import type { Decode } from './tokenizer.ts';

/** A word of a caption, and the decoder's attention when it was chosen. */
export interface AttendedWord {
  /** As in the caption, with attached punctuation. */
  readonly text: string;
  /** Attention to each of the N visual tokens, row by row over the picture. The rest to 1 went to the text before the word. */
  readonly attention: readonly number[];
}

/**
 * The decoder's attention to the visual tokens for each token of B captions, mean over its layers and heads. A token is predicted at the column
 * *before* it (the first one at the start token's), so that column's attention is the token's. One call scores the finished captions; the
 * search is not repeated.
 * @param decode the decoder of the pass
 * @param visual float32 [B, N, D], the pass's visual tokens
 * @param captions token ids of each picture's caption
 * @param drafts token ids of each picture's draft, where the decoder read it as a prompt
 * @returns for each picture, for each token of its caption, N weights
 */
export async function tokenAttention(
  decode: Decoder,
  { dims, ids }: Manifest,
  visual: Tensor,
  captions: readonly (readonly number[])[],
  drafts?: readonly (readonly number[])[],
): Promise<readonly (readonly Float32Array[])[]> {
  const prompt = promptOf(ids, captions, drafts);
  const masks = prompt.seen.map((seen) => [...new Array<number>(dims.visual).fill(1), ...seen]);
  const { attention } = await decode({
    ...prompt,
    visual,
    mask: { columns: masks[0]?.length ?? 0, values: masks.flat() },
    past: undefined,
    rows: captions.map((_, row) => row),
  });
  return captions.map((tokens, row) => attention[row]?.slice(prompt.start, prompt.start + tokens.length) ?? []);
}

/**
 * The words of a caption, each with the mean attention of its tokens. A token belongs to the last word of the text that ends with it.
 * @param attention of each token
 */
export function wordAttention(
  tokens: readonly number[],
  attention: readonly Float32Array[],
  decode: Decode,
): AttendedWord[] {
  const texts = decode(tokens).split(' ');
  const tokenWeights: Float32Array[][] = texts.map(() => []);
  for (const [at, weights] of attention.entries()) {
    const textSoFar = decode(tokens.slice(0, at + 1));
    tokenWeights[Math.max(0, textSoFar.split(' ').length - 1)]?.push(weights);
  }
  return texts.flatMap((text, word) => {
    const own = tokenWeights[word] ?? [];
    const [first] = own;
    if (first === undefined) return [];
    return [
      { text, attention: Array.from(first, (_, n) => own.reduce((sum, a) => sum + (a[n] ?? 0), 0) / own.length) },
    ];
  });
}

/**
 * How spread an attention is over the N visual tokens: the entropy, in bits, of the weights normalised to a sum of 1. From 0 (all on one
 * token) to log2 N (even).
 */
export function entropyOf(attention: readonly number[]): number {
  const sum = attention.reduce((a, b) => a + b, 0);
  return attention.reduce((bits, share) => (share > 0 ? bits - (share / sum) * Math.log2(share / sum) : bits), 0);
}
