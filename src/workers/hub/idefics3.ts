import { Template } from '@huggingface/jinja';
import { Tensor } from 'onnxruntime-node';
import { z } from 'zod';
import type { Hypothesis } from '../decoding/beam-search.ts';
import { BundleError } from '../errors.ts';
import type { OpenOptions } from '../families/family.ts';
import { cutRegion, detailRegions, type RawPicture } from '../regions/detail-regions.ts';
import { tidyAnswer } from '../server/tidy-answer.ts';
import { decodeCaptions } from './cached-decoder.ts';
import type { HubAdapter, TimedPicture } from './hub-adapter.ts';
import type { HubFolder, Preprocessor } from './hub-folder.ts';
import { floats, int64, openGraph, outputOf } from './hub-sessions.ts';
import { openHubTokenizer } from './hub-tokenizer.ts';
import { pilResize } from './pil-resize.ts';
import { pixelValues, resamplingOf } from './pixel-values.ts';
import { idsOf, searchRules } from './search-rules.ts';

const IMAGE = '<image>';
const FAKE = '<fake_token_around_image>';
const GLOBAL = '<global-img>';
/** The longest side that the reference processor makes. */
const LARGEST = 4096;
const PARTS = 2;
const MAX_TOKENS = { brief: 48, detailed: 200 } as const;

const QUESTIONS = {
  brief: 'Describe this image in one short sentence.',
  detailed: 'Can you describe this image?',
} as const;

const WHAT_HAPPENS = {
  brief: 'Describe in one short sentence what happens from the first to the last.',
  detailed: 'Describe what happens from the first to the last.',
} as const;
const COUNTS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'];

const configSchema = z.looseObject({
  image_token_id: z.int(),
  text_config: z.looseObject({ eos_token_id: z.unknown() }).optional(),
});

/**
 * A picture as the reference processor prepares it without splitting: its longest side scaled to that of the tiles together, then stretched to
 * one tile.
 */
export function oneTile(picture: RawPicture, preprocessor: Preprocessor): RawPicture {
  const { size, max_image_size: tile } = preprocessor;
  const longest = typeof size === 'object' && 'longest_edge' in size ? Number(size.longest_edge) : undefined;
  if (longest === undefined || tile === null || tile === undefined) {
    throw new BundleError('bundle-invalid', 'preprocessor_config.json names no longest_edge or no max_image_size.');
  }
  const filter = resamplingOf(preprocessor);
  const aspect = picture.width / picture.height;
  const even = (side: number): number => side + (side % 2);
  let [width, height] =
    picture.width >= picture.height
      ? [longest, even(Math.trunc(longest / aspect))]
      : [even(Math.trunc(longest * aspect)), longest];
  [width, height] = [Math.max(1, width), Math.max(1, height)];
  const shape = width / height;
  if (width >= height && width > LARGEST) [width, height] = [LARGEST, Math.trunc(LARGEST / shape)];
  else if (height > width && height > LARGEST) [width, height] = [Math.trunc(LARGEST * shape), LARGEST];
  const scaled = pilResize(picture, width, Math.max(1, height), filter);
  return pilResize(scaled, tile.longest_edge, tile.longest_edge, filter);
}

/** Replaces each image token of a prompt by the tokens of one tile. */
export function expandImages(prompt: string, tokensPerImage: number): string {
  return prompt.replaceAll(IMAGE, `${FAKE}${GLOBAL}${IMAGE.repeat(tokensPerImage)}${FAKE}`);
}

function render(template: string, content: readonly object[]): string {
  return new Template(template).render({ messages: [{ role: 'user', content }], add_generation_prompt: true });
}

/** The prompt of a question about some pictures, as the model's chat template renders it. */
export function renderPrompt(template: string, question: string, images: number): string {
  return render(template, [
    ...Array.from({ length: images }, () => ({ type: 'image' })),
    { type: 'text', text: question },
  ]);
}

/** The prompt of a question about the frames of a film, with the words with which SmolVLM2 was trained. */
export function filmPrompt(template: string, frames: readonly Pick<TimedPicture, 'pts'>[], question: string): string {
  const [start = 0] = frames.map(({ pts }) => pts);
  const seconds = ({ pts }: Pick<TimedPicture, 'pts'>): number => Math.floor((pts - start) / 1e6);
  const two = (value: number): string => String(value).padStart(2, '0');
  const last = frames.at(-1);
  const length = last === undefined ? 0 : seconds(last);
  const clock = `${Math.floor(length / 3600)}:${two(Math.floor(length / 60) % 60)}:${two(length % 60)}`;
  const count = COUNTS[frames.length] ?? String(frames.length);
  return render(template, [
    {
      type: 'text',
      text: `You are provided the following series of ${count} frames from a ${clock} [H:MM:SS] video.\n`,
    },
    ...frames.flatMap((frame) => [
      { type: 'text', text: `\nFrame from ${two(Math.floor(seconds(frame) / 60))}:${two(seconds(frame) % 60)}:` },
      { type: 'image' },
    ]),
    { type: 'text', text: `\n\n${question}` },
  ]);
}

/** An {@link HubAdapter} that answers questions about several pictures. */
export interface Idefics3Adapter extends HubAdapter {
  /** One answer for each row of pictures, all rows with the same number of pictures. */
  answer(rows: readonly (readonly RawPicture[])[], question: string, maxTokens: number): Promise<readonly Hypothesis[]>;
}

/** Idefics3, SmolVLM and SmolVLM2: chat models that read several pictures in one prompt. */
export async function openIdefics3(
  folder: HubFolder,
  options: OpenOptions & { readonly detailed?: boolean },
): Promise<Idefics3Adapter> {
  const { generation, preprocessor, processor, tokenizerConfig } = folder;
  const config = configSchema.parse(folder.config);
  const template = z.string().safeParse(processor.chat_template ?? tokenizerConfig.chat_template).data;
  if (template === undefined) {
    throw new BundleError('bundle-tokenizer', `${folder.folder} has no chat_template: get the whole model again.`);
  }
  const chat: string = template;
  const tokenizer = await openHubTokenizer(folder);
  const vision = await openGraph(folder, 'vision_encoder', options, {
    inputs: ['pixel_values', 'pixel_attention_mask'],
    outputs: ['image_features'],
  });
  const embedding = await openGraph(folder, 'embed_tokens', options, {
    inputs: ['input_ids'],
    outputs: ['inputs_embeds'],
  });
  const graph = await openGraph(folder, 'decoder_model_merged', options, {
    inputs: ['inputs_embeds', 'attention_mask'],
    outputs: ['logits'],
  });
  /** SmolVLM2 was trained on videos. */
  const film = config.model_type === 'smolvlm';
  const detail = options.detailed === true ? 'detailed' : 'brief';
  const ends = [
    ...new Set([
      ...idsOf(config.text_config?.eos_token_id),
      ...idsOf(generation.eos_token_id),
      ...idsOf(tokenizer.idOf('<end_of_utterance>')),
    ]),
  ];
  const embed = async (ids: readonly (readonly number[])[]): Promise<Tensor> =>
    outputOf(await embedding.run({ input_ids: int64(ids) }), 'inputs_embeds');

  const answer: Idefics3Adapter['answer'] = (rows, question, maxTokens) =>
    read(rows, renderPrompt(chat, question, rows[0]?.length ?? 0), maxTokens);

  async function read(rows: readonly (readonly RawPicture[])[], rendered: string, maxTokens: number) {
    const [images = 0] = rows.map((row) => row.length);
    const tiles = rows.flatMap((row) => row.map((picture) => oneTile(picture, preprocessor)));
    const flat = pixelValues(tiles, preprocessor);
    const [, , height = 0, width = 0] = flat.dims;
    const seen = new Tensor('bool', new Uint8Array(tiles.length * height * width).fill(1), [
      rows.length,
      images,
      height,
      width,
    ]);
    const values = flat.reshape([rows.length, images, 3, height, width]);
    const features = outputOf(await vision.run({ pixel_values: values, pixel_attention_mask: seen }), 'image_features');
    const [, perImage = 0, size = 0] = features.dims;
    const prompt = tokenizer.encode(expandImages(rendered, perImage));
    const text = await embed(rows.map(() => prompt));
    const places = prompt.flatMap((id, at) => (id === config.image_token_id ? [at] : []));
    if (places.length !== images * perImage) {
      throw new RangeError(`The prompt has ${places.length} places for ${images * perImage} image features`);
    }
    // A copy: a graph's output is not changed by writing into its data.
    const target = Float32Array.from(floats(text));
    const source = floats(features);
    for (const row of rows.keys()) {
      for (const [n, at] of places.entries()) {
        const from = (row * places.length + n) * size;
        target.set(source.subarray(from, from + size), (row * prompt.length + at) * size);
      }
    }
    const rules = searchRules(generation, { ends, before: prompt, maxTokens: generation.max_new_tokens ?? maxTokens });
    const embeds = new Tensor('float32', target, text.dims);
    return decodeCaptions({ graph, embed }, { embeds, length: prompt.length }, undefined, rules);
  }

  return {
    answer,
    describe: (pictures) =>
      answer(
        pictures.map((picture) => [picture]),
        QUESTIONS[detail],
        MAX_TOKENS[detail],
      ),
    captionOf: tokenizer.captionOf,
    // The frames are read in one prompt, as these models do.
    async together(pictures) {
      const prompt = film
        ? filmPrompt(chat, pictures, WHAT_HAPPENS[detail])
        : renderPrompt(chat, `The images are frames of one video, in order. ${WHAT_HAPPENS[detail]}`, pictures.length);
      return (await read([pictures], prompt, MAX_TOKENS[detail]))[0];
    },
    regions: async ({ picture }) => detailRegions(picture, PARTS),
    // One question about the picture, enlarged parts of it, and the draft.
    async refine({ picture, text }, regions) {
      const question = `The first image shows: "${text}". The other images are enlarged parts of it. Correct what is wrong, keep what is right. Answer with the corrected sentence only.`;
      const views = [picture, ...regions.map((region) => cutRegion(picture, region))];
      const [said] = await answer([views], question, MAX_TOKENS[detail]);
      const corrected = tidyAnswer(tokenizer.captionOf(said?.tokens ?? []), false);
      if (said === undefined || corrected === '') return { text, confidence: 0, regions };
      return { text: corrected, confidence: said.confidence, regions };
    },
    async release() {
      for (const each of [vision, embedding, graph]) await each.release();
    },
  };
}
