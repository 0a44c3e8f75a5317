import type { OpenOptions } from '../families/family.ts';
import { centreRegion, cutRegion, type RawPicture } from '../regions/detail-regions.ts';
import { decodeCaptions } from './cached-decoder.ts';
import type { HubAdapter } from './hub-adapter.ts';
import type { HubFolder } from './hub-folder.ts';
import { openGraph, outputOf } from './hub-sessions.ts';
import { openHubTokenizer } from './hub-tokenizer.ts';
import { pixelValues, stretched } from './pixel-values.ts';
import { idsOf, searchRules } from './search-rules.ts';

/** The part of each side that the second pass sees. */
const CENTRE = 0.8;
/** `generate()`'s limit where a model names none. */
const MAX_LENGTH = 20;

/** vit-gpt2 and its like: a vision encoder, and a language model with cross attention. */
export async function openVisionEncoderDecoder(folder: HubFolder, options: OpenOptions): Promise<HubAdapter> {
  const { generation, preprocessor, config } = folder;
  const tokenizer = await openHubTokenizer(folder);
  const encoder = await openGraph(folder, 'encoder_model', options, {
    inputs: ['pixel_values'],
    outputs: ['last_hidden_state'],
  });
  const graph = await openGraph(folder, 'decoder_model_merged', options, {
    inputs: ['input_ids', 'encoder_hidden_states', 'use_cache_branch'],
    outputs: ['logits'],
  });
  const [start = 0] = idsOf(generation.decoder_start_token_id ?? config.decoder_start_token_id);
  const ends = idsOf(generation.eos_token_id ?? config.eos_token_id ?? start);
  const before = [start];
  const maxTokens = generation.max_new_tokens ?? (generation.max_length ?? MAX_LENGTH) - before.length;
  const rules = searchRules(generation, { ends, before, maxTokens });

  async function write(pictures: readonly RawPicture[], views: number) {
    const values = pixelValues(
      pictures.map((picture) => stretched(picture, preprocessor)),
      preprocessor,
    );
    const hidden = outputOf(await encoder.run({ pixel_values: values }), 'last_hidden_state');
    const ids = pictures.map(() => before);
    return decodeCaptions({ graph }, { ids, length: before.length }, { hidden }, rules, views);
  }

  return {
    describe: (pictures) => write(pictures, 1),
    captionOf: tokenizer.captionOf,
    together: async (pictures) => (await write(pictures, pictures.length))[0],
    regions: async () => [centreRegion(CENTRE)],
    // The whole picture and its centre, decoded as one: what both support stays.
    async refine({ picture }, regions) {
      const views = [picture, ...regions.map((region) => cutRegion(picture, region))];
      const [agreed] = await write(views, views.length);
      return { text: tokenizer.captionOf(agreed?.tokens ?? []), confidence: agreed?.confidence ?? 0, regions };
    },
    async release() {
      await encoder.release();
      await graph.release();
    },
  };
}
