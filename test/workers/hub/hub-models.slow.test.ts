import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFlorence2 } from '../../../src/workers/hub/florence2.ts';
import type { HubAdapter } from '../../../src/workers/hub/hub-adapter.ts';
import { type HubFolder, readHubFolder } from '../../../src/workers/hub/hub-folder.ts';
import { openHubTokenizer } from '../../../src/workers/hub/hub-tokenizer.ts';
import { expandImages, filmPrompt, oneTile, openIdefics3, renderPrompt } from '../../../src/workers/hub/idefics3.ts';
import { stretched } from '../../../src/workers/hub/pixel-values.ts';
import { openVisionEncoderDecoder } from '../../../src/workers/hub/vision-encoder-decoder.ts';
import { HUB, type Reference, referenceOf } from './reference.ts';

const GRAPHS = {
  'vit-gpt2': ['encoder_model', 'decoder_model_merged'],
  florence2: ['vision_encoder', 'embed_tokens', 'encoder_model', 'decoder_model_merged'],
  idefics3: ['vision_encoder', 'embed_tokens', 'decoder_model_merged'],
} as const;
type Name = keyof typeof GRAPHS;
const OPEN = {
  'vit-gpt2': openVisionEncoderDecoder,
  florence2: openFlorence2,
  // The reference was asked the longer question.
  idefics3: (folder: HubFolder) => openIdefics3(folder, { detailed: true }),
} as const;

const opened: HubAdapter[] = [];
let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'secondglance-hub-'));
});
afterAll(async () => {
  for (const adapter of opened) await adapter.release();
  await rm(home, { recursive: true, force: true });
});

const folderOf = (name: Name, where = join(HUB, name)): Promise<HubFolder> => readHubFolder(where, 'cpu', GRAPHS[name]);

async function adapterOf(name: Name, change: Partial<HubFolder['generation']> = {}): Promise<HubAdapter> {
  const folder = await folderOf(name);
  const adapter = await OPEN[name]({ ...folder, generation: { ...folder.generation, ...change } }, {});
  opened.push(adapter);
  return adapter;
}

/** Tokens of all pictures, so many at once. */
async function write(adapter: HubAdapter, { pictures }: Reference, batch: number): Promise<(readonly number[])[]> {
  const all: (readonly number[])[] = [];
  for (let at = 0; at < pictures.length; at += batch) {
    all.push(...(await adapter.describe(pictures.slice(at, at + batch))).map(({ tokens }) => tokens));
  }
  return all;
}

/** What `generate()` returned, without prompt, end and padding. */
function expected(reference: Reference, key: string, prompt: number, end: number): number[][] {
  return (reference.tokens[key] ?? []).map((tokens) => {
    const own = tokens.slice(prompt);
    const last = own.indexOf(end);
    return last === -1 ? own : own.slice(0, last);
  });
}

describe.each([1, 4])('the tokens of generate() over twenty pictures, %i at once', (batch) => {
  test.each([
    ['greedy', {}],
    ['beams', { num_beams: 4 }],
  ] as const)('vision-encoder-decoder, %s', async (key, change) => {
    const reference = await referenceOf('vit-gpt2');
    const tokens = await write(await adapterOf('vit-gpt2', change), reference, batch);
    expect(tokens).toEqual(expected(reference, key, 1, 256));
  });

  test.each([
    ['beams', { max_new_tokens: 20 }],
    ['greedy', { max_new_tokens: 20, num_beams: 1 }],
  ] as const)('florence2, %s', async (key, change) => {
    const reference = await referenceOf('florence2');
    const tokens = await write(await adapterOf('florence2', change), reference, batch);
    expect(tokens).toEqual(expected(reference, key, 2, 2));
  });

  test('idefics3', async () => {
    const reference = await referenceOf('idefics3');
    const folder = await folderOf('idefics3');
    const tokens = await write(await adapterOf('idefics3', { max_new_tokens: 16 }), reference, batch);
    const end = (await openHubTokenizer(folder)).idOf('<end_of_utterance>') ?? -1;
    expect(tokens).toEqual(expected(reference, 'greedy', 0, end));
  });
});

describe('more that generate() says', () => {
  test.each([1, 4])('idefics3: pairs of pictures in one prompt, %i at once', async (batch) => {
    const reference = await referenceOf('idefics3');
    const folder = await folderOf('idefics3');
    const adapter = await openIdefics3({ ...folder, generation: { ...folder.generation, max_new_tokens: 16 } }, {});
    opened.push(adapter);
    const pairs = reference.pictures.slice(1).map((picture, at) => [reference.pictures[at] ?? picture, picture]);
    const tokens: (readonly number[])[] = [];
    for (let at = 0; at < pairs.length; at += batch) {
      const answers = await adapter.answer(pairs.slice(at, at + batch), reference.question ?? '', 16);
      tokens.push(...answers.map((answer) => answer.tokens));
    }
    const end = (await openHubTokenizer(folder)).idOf('<end_of_utterance>') ?? -1;
    expect(tokens).toHaveLength(19);
    expect(tokens).toEqual(expected(reference, 'pairs', 0, end));
  });

  test('florence2: where the phrases of a caption are', async () => {
    const reference = await referenceOf('florence2');
    const folder = await folderOf('florence2');
    const adapter = await openFlorence2({ ...folder, generation: { ...folder.generation, max_new_tokens: 20 } }, {});
    opened.push(adapter);
    const tokens: (readonly number[] | undefined)[] = [];
    for (const picture of reference.pictures) tokens.push((await adapter.locate(picture, 'a dog'))?.tokens);
    expect(tokens).toEqual(expected(reference, 'grounding', 2, 2));
  });
});

describe('pixels as the reference processor makes them, within 1/255', () => {
  test.each(['vit-gpt2', 'florence2', 'idefics3'] as const)('%s', async (name) => {
    const { preprocessor } = await folderOf(name);
    const { pictures, pixels, size } = await referenceOf(name);
    expect(pixels.length).toBeGreaterThan(4);
    for (const [n, encoded] of pixels.entries()) {
      const picture = pictures[n];
      if (picture === undefined) throw new Error('no such picture');
      const made = name === 'idefics3' ? oneTile(picture, preprocessor) : stretched(picture, preprocessor);
      expect(made).toMatchObject({ width: size, height: size });
      const wanted = Buffer.from(encoded, 'base64');
      let worst = 0;
      for (let at = 0; at < size * size; at++) {
        for (let c = 0; c < 3; c++) {
          worst = Math.max(worst, Math.abs((made.pixels[at * 3 + c] ?? 0) - (wanted[c * size * size + at] ?? 0)));
        }
      }
      expect(worst, `picture ${n}`).toBeLessThanOrEqual(1);
    }
  });
});

describe('prompts', () => {
  test('idefics3: the chat template, and the tokens of an image in place of its mark', async () => {
    const folder = await folderOf('idefics3');
    const { rendered = '', question = '', prompt } = await referenceOf('idefics3');
    const text = renderPrompt(String(folder.tokenizerConfig.chat_template), question, 1);
    expect(text).toBe(rendered);
    expect(text).toBe('<|im_start|>User:<image>Can you describe this image?<end_of_utterance>\nAssistant:');
    expect((await openHubTokenizer(folder)).encode(expandImages(text, 4))).toEqual(prompt);
  });

  test('SmolVLM2: the frames of a film, with their times from the first on', async () => {
    const template = String((await folderOf('idefics3')).tokenizerConfig.chat_template);
    expect(
      filmPrompt(template, [{ pts: 60_500_000 }, { pts: 62_500_000 }, { pts: 135_500_000 }], 'What happens?'),
    ).toBe(
      '<|im_start|>User: You are provided the following series of three frames from a 0:01:15 [H:MM:SS] video.\n' +
        '\nFrame from 00:00:<image>\nFrame from 00:02:<image>\nFrame from 01:15:<image>\n\nWhat happens?<end_of_utterance>\nAssistant:',
    );
  });

  test('florence2: special tokens around the task, none added', async () => {
    const tokenizer = await openHubTokenizer(await folderOf('florence2'));
    const { prompt = [] } = await referenceOf('florence2');
    const image = tokenizer.idOf('<image>');
    const text = prompt.filter((id) => id !== image);
    expect([0, ...tokenizer.encode('What does the image describe?'), 2]).toEqual(text);
  });
});

describe('second passes', () => {
  test.each(['vit-gpt2', 'florence2', 'idefics3'] as const)(
    '%s: regions inside the picture, a text, a confidence',
    async (name) => {
      const adapter = await adapterOf(name, { max_new_tokens: 8 });
      const { pictures } = await referenceOf(name);
      for (const picture of pictures.slice(0, 3)) {
        const [hypothesis] = await adapter.describe([picture]);
        if (hypothesis === undefined) throw new Error('no draft');
        const draft = { picture, text: adapter.captionOf(hypothesis.tokens), hypothesis };
        const regions = await adapter.regions(draft);
        for (const { x, y, width, height } of regions) {
          expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
          expect(Math.max(x + width, y + height)).toBeLessThanOrEqual(1.0001);
        }
        // A random model may write special tokens only, which are no text.
        const { confidence } = await adapter.refine(draft, regions);
        expect(confidence).toBeGreaterThan(0);
        expect(confidence).toBeLessThanOrEqual(1);
      }
    },
  );
});

describe('folders', () => {
  async function copy(name: Name, label: string): Promise<string> {
    const folder = join(home, label);
    await cp(join(HUB, name), folder, { recursive: true });
    return folder;
  }

  test('quantised graphs are preferred on a CPU, one picture at a time; half precision is refused with the reason', async () => {
    const folder = await copy('vit-gpt2', 'precisions');
    expect((await folderOf('vit-gpt2', folder)).batches).toBe(true);
    const graph = (suffix: string) => join(folder, `onnx/decoder_model_merged${suffix}.onnx`);
    await cp(graph(''), graph('_quantized'));
    const quantised = await folderOf('vit-gpt2', folder);
    expect(quantised.graphs.decoder_model_merged).toBe(graph('_quantized'));
    expect(quantised.batches).toBe(false);
    await rename(graph('_quantized'), graph('_q4f16'));
    await rename(graph(''), graph('_fp16'));
    await expect(folderOf('vit-gpt2', folder)).rejects.toMatchObject({
      code: 'bundle-file-missing',
      message: expect.stringMatching(/decoder_model_merged\.onnx is missing.*Half precision/),
    });
  });

  test('the identity is that of every file that captions depend on', async () => {
    const folder = await copy('vit-gpt2', 'identity');
    const { sha256 } = await folderOf('vit-gpt2', folder);
    expect(sha256).toBe((await folderOf('vit-gpt2')).sha256);
    const file = join(folder, 'generation_config.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace('16', '17'));
    expect((await folderOf('vit-gpt2', folder)).sha256).not.toBe(sha256);
  });

  test('what is missing or wrong is named', async () => {
    const folder = await copy('idefics3', 'faults');
    await rm(join(folder, 'preprocessor_config.json'));
    await expect(folderOf('idefics3', folder)).rejects.toMatchObject({ code: 'bundle-file-missing' });
    await writeFile(join(folder, 'preprocessor_config.json'), '{"size": "large"}');
    await expect(folderOf('idefics3', folder)).rejects.toMatchObject({ code: 'bundle-invalid', message: /size/ });
    const wrong = await folderOf('vit-gpt2');
    const swapped = { ...wrong, graphs: { ...wrong.graphs, decoder_model_merged: wrong.graphs.encoder_model ?? '' } };
    await expect(openVisionEncoderDecoder(swapped, {})).rejects.toMatchObject({
      code: 'bundle-graph',
      message: expect.stringContaining('no input input_ids'),
    });
  });
});
