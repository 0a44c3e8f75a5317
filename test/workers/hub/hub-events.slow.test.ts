import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Caption, Group } from '../../../src/core/types.ts';
import type { Captioner } from '../../../src/workers/captioner.ts';
import { loadLocalModel } from '../../../src/workers/families/families.ts';
import type { LocalEngine } from '../../../src/workers/families/family.ts';
import { loadModel } from '../../../src/workers/load-model.ts';
import { HUB, referenceOf } from './reference.ts';

const NAMES = ['vit-gpt2', 'florence2', 'idefics3'] as const;
type Name = (typeof NAMES)[number];
const { signal } = new AbortController();

const open: (LocalEngine | Captioner)[] = [];
let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'secondglance-hub-'));
});
afterEach(async () => {
  delete process.env.SECONDGLANCE_DETAIL;
  for (const each of open.splice(0)) await ('release' in each ? each.release() : each.close());
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** A group of reference pictures. */
async function groupOf(name: Name, pictures: readonly number[], ofOneEvent: boolean): Promise<Group> {
  const reference = await referenceOf(name);
  const keyframes = pictures.map((picture, index) => {
    const found = reference.pictures[picture];
    if (found === undefined) throw new Error('no such picture');
    const event = ofOneEvent ? { event: { index: 0, start: 0 } } : {};
    return { video: 'a', index, pts: index * 1e6, still: false, ...found, ...event };
  });
  return { video: 'a', index: 0, keyframes };
}

async function engineOf(name: Name, detail: 'brief' | 'detailed' = 'brief'): Promise<LocalEngine> {
  const engine = await (await loadLocalModel(join(HUB, name), 'cpu', detail)).open();
  open.push(engine);
  return engine;
}

const ONE = { passes: 1 } as const;
const own = ({ joint: _, ...caption }: Caption) => caption;

describe.each(NAMES)('%s: an event', (name) => {
  test('has one wording for all of its pictures, beside their own captions', async () => {
    const engine = await engineOf(name);
    const plain = await engine.caption(await groupOf(name, [0, 1, 2], false), ONE);
    const captions = await engine.caption(await groupOf(name, [0, 1, 2], true), ONE);
    expect(plain.every(({ joint }) => joint === undefined)).toBe(true);
    expect(captions.map(own)).toEqual(plain);
    expect(captions.map(({ joint }) => joint !== undefined)).toEqual([true, false, false]);
    expect(captions[0]?.joint?.confidence).toBeGreaterThan(0);
    expect((await engine.caption(await groupOf(name, [0, 1, 2], true), ONE))[0]?.joint).toEqual(captions[0]?.joint);
  });
});

test.each(['vit-gpt2', 'florence2'] as const)('%s: pictures that are alike have the wording of one', async (name) => {
  const engine = await engineOf(name);
  const [caption] = await engine.caption(await groupOf(name, [3, 3, 3], true), ONE);
  expect(caption?.joint?.text).toBe(caption?.text);
  expect(caption?.joint?.confidence).toBeCloseTo(caption?.confidence ?? 0, 3);
});

describe('detailed captions', () => {
  test.each(['florence2', 'idefics3'] as const)(
    '%s: asked for by flag or environment, in the inference process',
    async (name) => {
      const folder = join(HUB, name);
      const group = await groupOf(name, [0], false);
      const [brief] = await (await engineOf(name)).caption(group, ONE);
      const [detailed] = await (await engineOf(name, 'detailed')).caption(group, ONE);
      expect(detailed?.draft).not.toBe(brief?.draft);
      const plain = await loadModel(folder);
      const flagged = await loadModel({ name: folder, flags: { detail: 'detailed' } });
      process.env.SECONDGLANCE_DETAIL = 'detailed';
      const bySetting = await loadModel(folder);
      // Captions of the one length are no captions of the other: journals and queues must not mix them.
      expect(flagged.model.sha256).not.toBe(plain.model.sha256);
      expect(bySetting.model).toEqual(flagged.model);
      expect(flagged.notes).toBeUndefined();
      const captioner = flagged.captioner({ processes: 1 });
      open.push(captioner);
      await captioner.open();
      expect(await captioner.caption(group, ONE, signal)).toEqual([detailed]);
    },
  );

  test('a model that cannot says so, and writes brief ones', async () => {
    const folder = join(HUB, 'vit-gpt2');
    const asked = await loadModel({ name: folder, flags: { detail: 'detailed' } });
    expect(asked.model).toEqual((await loadModel(folder)).model);
    expect(asked.notes).toEqual(['vit-gpt2 writes brief captions only: detailed in --detail has no effect']);
    process.env.SECONDGLANCE_DETAIL = 'detailed';
    expect((await loadModel(folder)).notes).toEqual([expect.stringContaining('SECONDGLANCE_DETAIL')]);
    process.env.SECONDGLANCE_DETAIL = 'endless';
    await expect(loadModel(folder)).rejects.toMatchObject({ message: /SECONDGLANCE_DETAIL: use brief, detailed/ });
  });
});
