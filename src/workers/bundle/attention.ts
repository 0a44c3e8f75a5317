import type { Tensor } from 'onnxruntime-node';
import type { Manifest } from './manifest.ts';
import { promptOf } from './prompt.ts';
import type { Decoder } from './sessions.ts';
import type { Decode } from './tokenizer.ts';

/** A word of a caption, and where the model looked when it chose it. */
export interface SeenWord {
  /** As it stands in the text, with the punctuation that is written to it. */
  readonly text: string;
  /** Attention to each of the N visual tokens, row by row over the picture; what is left to 1 went to the words before. */
  readonly attention: readonly number[];
}

/**
 * Where a look at B pictures looked while it wrote: the decoder's attention to the visual tokens, mean over its layers and heads. A token is chosen
 * by what stands one column *before* it (the first one by the start token), so that column's attention is the token's. One call, with the
 * captions as they were written: how they were searched for does not matter.
 * @param decode the decoder that wrote
 * @param visual float32 [B, N, D], as the look had it
 * @param captions token ids of what it wrote for each picture
 * @param drafts token ids of each picture's draft, for the second look
 * @returns for each picture, for each token of its caption, N shares
 */
export async function attentionOf(
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
export function seenWords(tokens: readonly number[], attention: readonly Float32Array[], decode: Decode): SeenWord[] {
  const texts = decode(tokens).split(' ');
  const parts: Float32Array[][] = texts.map(() => []);
  for (const [at, shares] of attention.entries()) {
    const sofar = decode(tokens.slice(0, at + 1));
    parts[Math.max(0, sofar.split(' ').length - 1)]?.push(shares);
  }
  return texts.flatMap((text, word) => {
    const own = parts[word] ?? [];
    const [first] = own;
    if (first === undefined) return [];
    return [
      { text, attention: Array.from(first, (_, n) => own.reduce((sum, a) => sum + (a[n] ?? 0), 0) / own.length) },
    ];
  });
}

/**
 * How spread an attention is over the N visual tokens: the entropy, in bits, of its shares brought to a sum of 1. From 0 (all on one token) to
 * log2 N (even over all).
 */
export function entropyOf(attention: readonly number[]): number {
  const sum = attention.reduce((a, b) => a + b, 0);
  return attention.reduce((bits, share) => (share > 0 ? bits - (share / sum) * Math.log2(share / sum) : bits), 0);
}
