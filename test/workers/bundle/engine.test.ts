import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_BUNDLE, listBundles, loadBundle } from '../../../src/workers/bundle/bundle.ts';
import { agreement, calibration } from '../../../src/workers/bundle/calibration.ts';
import { type Engine, openEngine } from '../../../src/workers/bundle/engine.ts';
import { executionProviders } from '../../../src/workers/bundle/graph-sessions.ts';
import { buildTinyBundle, COLOURS, type Colour, TEXTS, tinyPicture } from '../../support/tiny-bundle.ts';
import { tinyGroup } from '../../support/tiny-groups.ts';
import { drawnPicture } from '../drawn-picture.ts';

const TWO = { passes: 2 } as const;

let home: string;
const opened: Engine[] = [];

async function engineOf(
  name: string,
  options: Parameters<typeof buildTinyBundle>[1],
  how: Parameters<typeof openEngine>[1] = {},
): Promise<Engine> {
  const engine = await openEngine(await loadBundle(await buildTinyBundle(join(home, name), options)), how);
  opened.push(engine);
  return engine;
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'secondglance-engine-'));
});
afterAll(async () => {
  for (const engine of opened) await engine.release();
  await rm(home, { recursive: true, force: true });
});

/** Tokens and probabilities of each picture, by itself and with its neighbours. */
async function expectIndependence(engine: Engine, pictures: readonly Uint8Array[]): Promise<void> {
  const together = await engine.write(pictures, TWO);
  for (const [i, picture] of pictures.entries()) {
    const [alone] = await engine.write([picture], TWO);
    expect(alone?.draft.tokens).toEqual(together[i]?.draft.tokens);
    expect(alone?.final.tokens).toEqual(together[i]?.final.tokens);
    expect(alone?.final.confidence).toBeCloseTo(together[i]?.final.confidence ?? Number.NaN, 5);
  }
}

test('two passes: every colour gets its draft and its text, in one batch of unequal lengths', async () => {
  const engine = await engineOf('two', {});
  const captions = await engine.caption(tinyGroup(COLOURS, 3), TWO);
  expect(captions.map(({ draft, text }) => ({ draft, text }))).toEqual(COLOURS.map((colour) => TEXTS[colour]));
  expect(captions[1]).toEqual({
    video: 'made',
    index: 25,
    pts: 25_000_000,
    still: false,
    ...TEXTS.green,
    confidence: captions[1]?.confidence,
    passes: 2,
  });
  for (const { confidence } of captions) {
    expect(confidence).toBeGreaterThan(0.95);
    expect(confidence).toBe(Number(confidence.toFixed(4)));
  }
});

test('one pass: its text is the draft that two passes begin with', async () => {
  const engine = await engineOf('one', {});
  const captions = await engine.caption(tinyGroup(COLOURS), { passes: 1 });
  for (const [i, colour] of COLOURS.entries()) {
    const { draft } = TEXTS[colour];
    expect(captions[i]).toMatchObject({ draft, text: draft, passes: 1 });
  }
  const pictures = COLOURS.map((colour) => tinyPicture(colour));
  const drafts = (await engine.write(pictures, TWO)).map(({ draft }) => draft);
  expect((await engine.write(pictures, { passes: 1 })).map(({ final }) => final)).toEqual(drafts);
});

test('an event: one caption of what all of its pictures support, as well as their own', async () => {
  const engine = await engineOf('event', {});
  const asEvent = ({ keyframes, ...group }: ReturnType<typeof tinyGroup>) => ({
    ...group,
    keyframes: keyframes.map((keyframe) => ({ ...keyframe, event: { index: 0, start: 0 } })),
  });
  for (const passes of [1, 2] as const) {
    const plain = await engine.caption(tinyGroup(['red', 'blue', 'red', 'red']), { passes });
    const captions = await engine.caption(asEvent(tinyGroup(['red', 'blue', 'red', 'red'])), { passes });
    expect(captions.map(({ joint, ...own }) => own)).toEqual(plain);
    const { draft, text } = TEXTS.red;
    expect(captions.map(({ joint }) => joint?.text)).toEqual([passes === 1 ? draft : text, ...Array(3)]);
    const [alike] = await engine.caption(asEvent(tinyGroup(['red', 'red'])), { passes });
    // The odd one out makes the wording less likely.
    expect(captions[0]?.joint?.confidence).toBeLessThan(alike?.joint?.confidence ?? 0);
  }
  expect((await engine.caption(asEvent(tinyGroup(['red'])), TWO))[0]).not.toHaveProperty('joint');
});

test('the second pass sees the centre crop, the first pass the whole picture', async () => {
  const engine = await engineOf('centre-crop', { generation: { centerCrop: 4 } });
  const framed = tinyPicture('red');
  const inner = tinyPicture('green');
  for (let y = 4; y < 12; y++) framed.set(inner.subarray(0, 8 * 3), (y * 16 + 4) * 3);
  const [keyframe] = tinyGroup(['red']).keyframes;
  if (keyframe === undefined) throw new RangeError('A group of one has a keyframe');
  const group = { ...tinyGroup(['red']), keyframes: [{ ...keyframe, pixels: framed }] };
  expect(await engine.caption(group, TWO)).toMatchObject([{ draft: TEXTS.red.draft, text: TEXTS.green.text }]);
});

describe('with a detail graph', () => {
  /** What the detail graph makes of each colour. */
  const ROTATED: Partial<Record<Colour, Colour>> = { red: 'green', green: 'blue', blue: 'red' };

  test('DeepLens reads it behind the features; the drafts are the same', async () => {
    const [plain, detailed] = [await engineOf('plain', {}), await engineOf('detail', { detail: true })];
    const group = tinyGroup(['red', 'green', 'blue', 'white']);
    const captions = await detailed.caption(group, TWO);
    expect(captions.map(({ draft }) => draft)).toEqual((await plain.caption(group, TWO)).map(({ draft }) => draft));
    expect(await detailed.caption(group, { passes: 1 })).toEqual(await plain.caption(group, { passes: 1 }));
    const colours = (['red', 'green', 'blue', 'white'] as const).map((colour) => ROTATED[colour] ?? colour);
    expect(captions.map(({ text }) => text)).toEqual(colours.map((colour) => TEXTS[colour].text));
  });

  test('it sees the centre crop', async () => {
    const engine = await engineOf('detail-crop', { detail: true, generation: { centerCrop: 4 } });
    const framed = tinyPicture('red');
    const inner = tinyPicture('green');
    for (let y = 4; y < 12; y++) framed.set(inner.subarray(0, 8 * 3), (y * 16 + 4) * 3);
    const [keyframe] = tinyGroup(['red']).keyframes;
    if (keyframe === undefined) throw new RangeError('A group of one has a keyframe');
    const group = { ...tinyGroup(['red']), keyframes: [{ ...keyframe, pixels: framed }] };
    expect(await engine.caption(group, TWO)).toMatchObject([{ draft: TEXTS.red.draft, text: TEXTS.blue.text }]);
  });

  test('a caption does not depend on its neighbours', async () => {
    const engine = await engineOf('detail-neighbours', { detail: true });
    await expectIndependence(
      engine,
      COLOURS.map((colour, i) => tinyPicture(colour).map((value) => Math.abs(value - 9 * i))),
    );
  });

  test('attention is explained as without it', async () => {
    const engine = await engineOf('detail-explained', { detail: true });
    const [explained] = await engine.explain([tinyPicture('red')]);
    expect([explained?.draft.text, explained?.final.text]).toEqual([TEXTS.red.draft, TEXTS.green.text]);
    for (const { attention } of explained?.final.words ?? []) expect(attention).toHaveLength(4);
  });

  test('its channels must be what dims.detail says', async () => {
    const folder = await buildTinyBundle(join(home, 'detail-dims'), { detail: true });
    const path = join(folder, 'bundle.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace('"detail": 3', '"detail": 5'));
    await expect(openEngine(await loadBundle(folder))).rejects.toMatchObject({
      code: 'bundle-graph',
      message: expect.stringContaining('input features has shape [B, 4, 9] instead of [any, 4, 11]'),
    });
  });
});

test('greedy search is led astray where the beam is not', async () => {
  const engine = await engineOf('greedy', { generation: { beams: 1 } });
  const [purple, red] = await engine.caption(tinyGroup(['purple', 'red']), TWO);
  expect(purple?.draft).toBe('A dark picture');
  expect(red).toMatchObject(TEXTS.red);
});

test('a calibrated bundle says how likely a caption is right', async () => {
  const coefficients = calibration.parse({
    onePass: { bias: -2, logProbability: 1 },
    twoPasses: { bias: 1, logProbability: 1, agreement: -3 },
  });
  const engine = await engineOf('calibrated', { generation: { calibration: coefficients } });
  const [written] = await engine.write([tinyPicture('red')], TWO);
  const [two] = await engine.caption(tinyGroup(['red'], 1), TWO);
  const [one] = await engine.caption(tinyGroup(['red'], 1), { passes: 1 });
  const { draft, final } = written ?? expect.fail('no caption');
  const shared = agreement(TEXTS.red.draft, TEXTS.red.text);
  expect(one?.confidence).toBeCloseTo(1 / (1 + Math.exp(2 - Math.log(draft.confidence))), 4);
  expect(two?.confidence).toBeCloseTo(1 / (1 + Math.exp(3 * shared - 1 - Math.log(final.confidence))), 4);
});

test('a colour far from all that the model knows is captioned with less confidence', async () => {
  const engine = await engineOf('unsure', {});
  const [red, reddish, brown] = await engine.caption(tinyGroup(['red', [225, 20, 20], [170, 60, 30]]), TWO);
  expect(reddish?.text).toBe(TEXTS.red.text);
  expect(reddish?.confidence).toBeLessThan(red?.confidence ?? 0);
  expect(brown?.confidence).toBeLessThan(0.9);
});

test('an empty group is a group', async () => {
  expect(await (await engineOf('empty', {})).caption(tinyGroup([]), TWO)).toEqual([]);
});

test('a picture of another size is refused', async () => {
  const engine = await engineOf('size', {});
  await expect(engine.write([new Uint8Array(3)], TWO)).rejects.toMatchObject({ code: 'picture-size' });
});

test.each([1, 3])('a caption does not depend on its neighbours, %i beams', async (beams) => {
  const engine = await engineOf(`neighbours-${beams}`, { generation: { beams } });
  const shades = COLOURS.map((colour, i) => tinyPicture(colour).map((value) => Math.abs(value - 9 * i)));
  await expectIndependence(engine, shades);
});

test.each([11, 4])(
  'a draft scored whole gives the caption that decoding gives, %i tokens at most',
  async (maxTokens) => {
    const generation = { beams: 1, maxTokens };
    const scored = await engineOf(`scored-${maxTokens}`, { generation });
    const decoded = await engineOf(`decoded-${maxTokens}`, { generation }, { scoreDrafts: false });
    // Drafts that stand (gray), that are changed in the middle (white), of unequal lengths, together and alone.
    const pictures = [...COLOURS.map((colour) => tinyPicture(colour)), tinyPicture([170, 60, 30])];
    const batches = [pictures, ...pictures.map((picture) => [picture])];
    for (const batch of batches) {
      const [found, expected] = [await scored.write(batch, TWO), await decoded.write(batch, TWO)];
      expect(found.map(({ final }) => final.tokens)).toEqual(expected.map(({ final }) => final.tokens));
      for (const [i, { final }] of found.entries()) {
        expect(final.confidence).toBeCloseTo(expected[i]?.final.confidence ?? Number.NaN, 5);
        expect(final.score).toBeCloseTo(expected[i]?.final.score ?? Number.NaN, 4);
      }
    }
  },
);

test.each([
  ['onnx', /decoder\.onnx cannot be loaded on cpu: /],
  [
    'graph',
    /decoder\.onnx is not a decoder graph of bundle format 2: input visual is missing; .*input pixels is not in the contract; output logits is missing/,
  ],
] as const)('a graph with damage %s is refused and named', async (damage, sentence) => {
  const bundle = await loadBundle(await buildTinyBundle(join(home, `damage-${damage}`), { damage }));
  await expect(openEngine(bundle)).rejects.toMatchObject({
    code: 'bundle-graph',
    message: expect.stringMatching(sentence),
  });
});

test('graphs of other dimensions than bundle.json says are refused', async () => {
  const folder = await buildTinyBundle(join(home, 'dims'));
  const path = join(folder, 'bundle.json');
  await writeFile(path, (await readFile(path, 'utf8')).replace('"visual": 4', '"visual": 9'));
  await expect(openEngine(await loadBundle(folder))).rejects.toMatchObject({
    code: 'bundle-graph',
    message: expect.stringContaining('output glance has shape [B, 4, 12] instead of [any, 9, 12]'),
  });
});

test('a second pass with a decoder of its own: checked, held to the contract, and what writes', async () => {
  const folder = await buildTinyBundle(join(home, 'secondDecoder'));
  const path = join(folder, 'bundle.json');
  const manifest = JSON.parse(await readFile(path, 'utf8'));
  const { decoder, encoder } = manifest.graphs;
  const withSecondDecoder = (secondDecoder: object): Promise<void> =>
    writeFile(path, JSON.stringify({ ...manifest, graphs: { ...manifest.graphs, secondDecoder } }));
  await withSecondDecoder(encoder);
  await expect(openEngine(await loadBundle(folder))).rejects.toMatchObject({
    code: 'bundle-graph',
    message: expect.stringContaining('encoder.onnx is not a secondDecoder graph of bundle format 2'),
  });
  await withSecondDecoder({ default: { ...decoder.default, sha256: encoder.default.sha256 } });
  await expect(loadBundle(folder)).rejects.toMatchObject({ code: 'bundle-checksum' });
  await withSecondDecoder(decoder);
  const engine = await openEngine(await loadBundle(folder));
  try {
    const captions = await engine.caption(tinyGroup(COLOURS), TWO);
    expect(captions.map(({ draft, text }) => ({ draft, text }))).toEqual(COLOURS.map((colour) => TEXTS[colour]));
  } finally {
    await engine.release();
  }
});

test('the runtime lists its providers', () => {
  const { version, providers } = executionProviders();
  expect(version).toMatch(/^\d+\.\d+\.\d+/);
  expect(providers).toContainEqual({ name: 'cpu', bundled: true });
});

describe.runIf((await listBundles()).some(({ name }) => name === DEFAULT_BUNDLE))(
  'the default bundle',
  { timeout: 180_000 },
  () => {
    test('batch 1 and batch 8 give equal tokens', async () => {
      const bundle = await loadBundle(DEFAULT_BUNDLE);
      const engine = await openEngine(bundle);
      opened.push(engine);
      const { width, height } = bundle.image;
      await expectIndependence(
        engine,
        Array.from({ length: 8 }, (_, kind) => drawnPicture(kind, width, height)),
      );
    });
  },
);
