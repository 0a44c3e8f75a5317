import { Tensor } from 'onnxruntime-node';
import type { Hypothesis } from '../decoding/beam-search.ts';
import type { OpenOptions } from '../families/family.ts';
import { cutRegion, type RawPicture } from '../regions/detail-regions.ts';
import { decodeCaptions } from './cached-decoder.ts';
import { leadingPhrase, partsOf, replacePhrase, supports } from './grounding.ts';
import type { Draft, HubAdapter } from './hub-adapter.ts';
import type { HubFolder } from './hub-folder.ts';
import { concatSequence, floats, int64, ones, openGraph, outputOf, stackRows, zeros } from './hub-sessions.ts';
import { openHubTokenizer } from './hub-tokenizer.ts';
import { pixelValues, stretched } from './pixel-values.ts';
import { idsOf, searchRules } from './search-rules.ts';

/** The processor's prompts, for folders whose preprocessor_config.json has none. */
const TASKS = {
  '<CAPTION>': 'What does the image describe?',
  '<DETAILED_CAPTION>': 'Describe in detail what is shown in the image.',
} as const;
const GROUNDING = '<CAPTION_TO_PHRASE_GROUNDING>';
const GROUNDING_PROMPT = 'Locate the phrases in the caption: {input}';
const MAX_TOKENS = { '<CAPTION>': 60, '<DETAILED_CAPTION>': 200 } as const;
const GROUNDING_TOKENS = 120;
/** How much less likely, in nats a token, the whole picture may find a correction than the draft. */
const TOLERANCE = 0.35;

/** A {@link HubAdapter} that also says where things are. */
export interface Florence2Adapter extends HubAdapter {
  /** The answer that locates the phrases of a caption, see `grounding.ts`. */
  locate(picture: RawPicture, caption: string): Promise<Hypothesis | undefined>;
}

/** Florence-2: one vision encoder and several tasks, of which captions and the grounding of phrases are used. */
export async function openFlorence2(
  folder: HubFolder,
  options: OpenOptions & { readonly detailed?: boolean },
): Promise<Florence2Adapter> {
  const { generation, preprocessor } = folder;
  const tokenizer = await openHubTokenizer(folder);
  const vision = await openGraph(folder, 'vision_encoder', options, {
    inputs: ['pixel_values'],
    outputs: ['image_features'],
  });
  const embedding = await openGraph(folder, 'embed_tokens', options, {
    inputs: ['input_ids'],
    outputs: ['inputs_embeds'],
  });
  const encoder = await openGraph(folder, 'encoder_model', options, {
    inputs: ['inputs_embeds', 'attention_mask'],
    outputs: ['last_hidden_state'],
  });
  const graph = await openGraph(folder, 'decoder_model_merged', options, {
    inputs: ['inputs_embeds', 'encoder_hidden_states', 'use_cache_branch'],
    outputs: ['logits'],
  });
  const bos = generation.bos_token_id ?? 0;
  const ends = idsOf(generation.eos_token_id ?? 2);
  const [end = 2] = ends;
  const start = generation.decoder_start_token_id ?? end;
  const forced = generation.forced_bos_token_id ?? bos;
  /** The start token and the forced first token, decoded in one call. */
  const before = [start, forced];
  const task = options.detailed === true ? '<DETAILED_CAPTION>' : '<CAPTION>';

  const embed = async (ids: readonly (readonly number[])[]): Promise<Tensor> =>
    outputOf(await embedding.run({ input_ids: int64(ids) }), 'inputs_embeds');

  async function see(pictures: Draft['picture'][]): Promise<Tensor> {
    const ready = pictures.map((picture) => stretched(picture, preprocessor));
    return outputOf(await vision.run({ pixel_values: pixelValues(ready, preprocessor) }), 'image_features');
  }

  /** The encoder's state for pictures that were seen: the features stand in front of the prompt. */
  async function encode(features: Tensor, prompt: string): Promise<Tensor> {
    const [pictures = 0] = features.dims;
    const ids = [bos, ...tokenizer.encode(prompt), end];
    const joined = concatSequence(features, await embed(Array.from({ length: pictures }, () => ids)));
    const mask = ones(pictures, joined.dims[1] ?? 0);
    return outputOf(await encoder.run({ inputs_embeds: joined, attention_mask: mask }), 'last_hidden_state');
  }

  async function write(hidden: Tensor, maxTokens: number, views = 1) {
    const [pictures = 0] = hidden.dims;
    const embeds = await embed(Array.from({ length: pictures }, () => before));
    const rules = searchRules(generation, {
      ends,
      before,
      forced: 1,
      maxTokens: generation.max_new_tokens ?? maxTokens,
    });
    return decodeCaptions({ graph, embed }, { embeds, length: before.length }, { hidden }, rules, views);
  }

  const captionPrompt = preprocessor.task_prompts_without_inputs?.[task] ?? TASKS[task];
  const groundingPrompt = preprocessor.task_prompts_with_input?.[GROUNDING] ?? GROUNDING_PROMPT;

  /** The mean log-probability of a text's tokens, given a picture. */
  async function scoreOf(hidden: Tensor, text: string): Promise<number> {
    const tokens = [...tokenizer.encode(text), end];
    const row = [...before, ...tokens.slice(0, -1)];
    const [, columns = 0] = hidden.dims;
    const feeds: Record<string, Tensor> = {
      inputs_embeds: await embed([row]),
      encoder_hidden_states: hidden,
      encoder_attention_mask: ones(1, columns),
    };
    for (const name of graph.inputs) {
      const [, heads = 0, , size = 0] = graph.shapeOf(name);
      if (name.startsWith('past_key_values.')) {
        feeds[name] = zeros([1, Number(heads), name.includes('.encoder.') ? columns : 0, Number(size)]);
      }
    }
    feeds.use_cache_branch = new Tensor('bool', Uint8Array.of(0), [1]);
    const logits = outputOf(await graph.run(feeds), 'logits');
    const [, , vocab = 0] = logits.dims;
    const data = floats(logits);
    let sum = 0;
    for (const [at, token] of tokens.entries()) {
      const column = data.subarray((before.length - 1 + at) * vocab, (before.length + at) * vocab);
      let max = Number.NEGATIVE_INFINITY;
      for (const logit of column) if (logit > max) max = logit;
      let total = 0;
      for (const logit of column) total += Math.exp(logit - max);
      sum += (column[token] ?? max) - max - Math.log(total);
    }
    return sum / tokens.length;
  }

  async function locate(picture: RawPicture, caption: string): Promise<Hypothesis | undefined> {
    const hidden = await encode(await see([picture]), groundingPrompt.replace('{input}', caption));
    return (await write(hidden, GROUNDING_TOKENS))[0];
  }

  return {
    locate,
    async describe(pictures) {
      return write(await encode(await see([...pictures]), captionPrompt), MAX_TOKENS[task]);
    },
    captionOf: tokenizer.captionOf,
    async together(pictures) {
      // One after the other: the activations of eight large pictures at once would need gigabytes.
      const hidden: Tensor[] = [];
      for (const picture of pictures) hidden.push(await encode(await see([picture]), captionPrompt));
      return (await write(stackRows(hidden), MAX_TOKENS[task], pictures.length))[0];
    },
    async regions({ picture, text }) {
      const answer = await locate(picture, text);
      return partsOf(tokenizer.rawText(answer?.tokens ?? []));
    },
    // A part proposes another name for its phrase, the whole picture decides.
    async refine({ picture, text: draft, hypothesis }, regions) {
      const unchanged = { text: draft, confidence: hypothesis.confidence, regions };
      if (regions.length === 0) return unchanged;
      const whole = await encode(await see([picture]), captionPrompt);
      let [text, score] = [draft, await scoreOf(whole, draft)];
      for (const region of regions) {
        const phrase = region.label ?? '';
        const part = cutRegion(picture, region);
        const [said] = await write(await encode(await see([part]), captionPrompt), MAX_TOKENS['<CAPTION>']);
        const caption = tokenizer.captionOf(said?.tokens ?? []);
        if (supports(caption, phrase) || (said?.confidence ?? 0) < hypothesis.confidence) continue;
        const corrected = replacePhrase(text, phrase, leadingPhrase(caption));
        if (corrected === undefined) continue;
        const corrections = await scoreOf(whole, corrected);
        if (corrections >= score - TOLERANCE) [text, score] = [corrected, corrections];
      }
      if (text === draft) return unchanged;
      const [first = ''] = text;
      return { text: first.toLocaleUpperCase('en') + text.slice(first.length), confidence: Math.exp(score), regions };
    },
    async release() {
      for (const each of [vision, embedding, encoder, graph]) await each.release();
    },
  };
}
