import { expect, test } from 'vitest';
import { beamSearch, type Hypothesis, type SearchRules, type Step } from '../../../src/workers/decoding/beam-search.ts';

const IDS = { pad: 0, bos: 1, eos: 2, draft: 3 };
const VOCAB = 9;
const [A, B, C] = [4, 5, 6];
const RULES: SearchRules = {
  ...{ beams: 1, maxTokens: 6, noRepeatNgram: 0, noRepeatToken: false, lengthPenalty: 1 },
  ...{ ends: [IDS.eos], banned: [IDS.pad, IDS.bos, IDS.draft], mayBeEmpty: false },
};

/** A language model: logits of the next token, from what was written. */
type Model = (written: readonly number[]) => number[];

/** The given logits at their tokens, and little elsewhere. */
function logits(entries: Record<number, number>): number[] {
  return Array.from({ length: VOCAB }, (_, token) => entries[token] ?? -30 - token);
}

/**
 * Runs the search over models that remember, row by row, what was written: a wrong parent, token or position shows in the result.
 * @param guesses a guess for each model, scored beforehand
 */
async function write(
  models: readonly Model[],
  rules: Partial<SearchRules> = {},
  guesses: readonly (readonly number[])[] = [],
): Promise<readonly Hypothesis[] & { readonly steps: number }> {
  let histories = models.map((model) => ({ model, written: [] as readonly number[] }));
  let steps = 0;
  const starts = models.map((model, row) => {
    const tokens = guesses[row] ?? [];
    const logits = tokens.map((_, at) => Float32Array.from(model(tokens.slice(0, at + 1))));
    return { first: Float32Array.from(model([])), draft: { tokens, logits } };
  });
  const step: Step = async (tokens, parents, positions) => {
    steps++;
    expect([parents.length, positions.length]).toEqual([tokens.length, tokens.length]);
    histories = parents.map((parent, row) => {
      const before = histories[parent];
      const token = tokens[row];
      const position = positions[row];
      if (before === undefined || token === undefined || position === undefined)
        throw new Error(`row ${row} has no past`);
      // A row that followed its guess comes with all of it that it kept.
      const kept = steps === 1 ? (guesses[parent] ?? []).slice(0, position - 1) : before.written;
      expect(kept.length).toBe(position - 1);
      return { model: before.model, written: [...kept, token] };
    });
    return histories.map(({ model, written }) => Float32Array.from(model(written)));
  };
  const noRepeatToken = (rules.noRepeatNgram ?? 0) > 0;
  return Object.assign([...(await beamSearch(starts, step, { ...RULES, ...rules, noRepeatToken }))], { steps });
}

/** A model whose logits are a fixed pseudo-random function of what was written. */
function noise(seed: number, spread: number): Model {
  return (written) =>
    Array.from({ length: VOCAB }, (_, token) => {
      const x =
        Math.sin([seed, ...written, token].reduce((hash, value) => (hash * 31 + value + 7) % 100003, 17)) * 43758.5453;
      return Math.fround((x - Math.floor(x)) * spread);
    });
}

/** The contract, written down as slowly and plainly as it reads: one picture, whole lists, sorting everything. */
function reference(model: Model, rules: SearchRules): { tokens: number[]; score: number; confidence: number } {
  interface Line {
    tokens: number[];
    scores: number[];
  }
  const total = (line: Line) => line.scores.reduce((a, b) => a + b, 0);
  const finished: { tokens: number[]; score: number; confidence: number }[] = [];
  const finish = (line: Line) => {
    finished.push({
      tokens: line.tokens.filter((token) => token !== IDS.eos),
      score: total(line) / line.tokens.length ** rules.lengthPenalty,
      confidence: line.scores.map(Math.exp).reduce((a, b) => a * b, 1) ** (1 / line.tokens.length),
    });
  };
  let live: Line[] = [{ tokens: [], scores: [] }];
  for (let step = 0; step < rules.maxTokens && finished.length < rules.beams; step++) {
    const all = live.flatMap((line, index) => {
      const row = model(line.tokens);
      const top = Math.max(...row);
      const sum = Math.log(row.reduce((a, x) => a + Math.exp(x - top), 0));
      return row.flatMap((x, token) => {
        if ([IDS.pad, IDS.bos, IDS.draft].includes(token) || (token === IDS.eos && step === 0)) return [];
        const longer = [...line.tokens, token];
        const n = rules.noRepeatNgram;
        const grams = longer.flatMap((_, i) => (i + n <= longer.length ? [longer.slice(i, i + n).join(' ')] : []));
        if (n > 0 && longer.at(-2) === token) return [];
        if (n > 0 && grams.length > 0 && grams.slice(0, -1).includes(grams.at(-1) ?? '')) return [];
        return [{ tokens: longer, scores: [...line.scores, x - top - sum], index, token }];
      });
    });
    all.sort((a, b) => total(b) - total(a) || a.index - b.index || a.token - b.token);
    const next: Line[] = [];
    for (const [rank, line] of all.slice(0, 2 * rules.beams).entries()) {
      if (line.token === IDS.eos) {
        if (rank < rules.beams) finish(line);
      } else if (next.length < rules.beams) {
        next.push(line);
      }
    }
    live = next;
  }
  if (finished.length < rules.beams) for (const line of live) finish(line);
  const best = Math.max(...finished.map(({ score }) => score));
  return finished.find(({ score }) => score === best) ?? { tokens: [], score: best, confidence: 0 };
}

test('greedy takes the likeliest token at each step and stops at the end token', async () => {
  const model: Model = (written) =>
    logits(
      [
        { [A]: 3, [B]: 2 },
        { [B]: 3, [A]: 2 },
        { [IDS.eos]: 3, [A]: 2 },
      ][written.length] ?? {},
    );
  const [written] = await write([model]);
  expect(written?.tokens).toEqual([A, B]);
  const p = 1 / (1 + Math.exp(-1));
  expect(written?.confidence).toBeCloseTo(p, 6);
  expect(written?.score).toBeCloseTo(Math.log(p), 6);
});

test('a beam finds what greedy walks past, and keeps every history apart', async () => {
  // B looks worse at first, but what follows it is certain; what follows A is a toss between many.
  const model: Model = (written) => {
    if (written.length === 0) return logits({ [A]: 1, [B]: 0.5 });
    if (written.length === 3) return logits({ [IDS.eos]: 9 });
    return written[0] === B ? logits({ [C]: 9 }) : logits({ [A]: 1, [B]: 0.9, [C]: 0.8, 7: 0.7 });
  };
  expect((await write([model]))[0]?.tokens[0]).toBe(A);
  expect((await write([model], { beams: 3 }))[0]?.tokens).toEqual([B, C, C]);
});

test('padding, start and draft tokens are never written, nor an end before the first word', async () => {
  const model: Model = (written) =>
    logits(
      written.length === 0
        ? { [IDS.pad]: 9, [IDS.bos]: 9, [IDS.draft]: 9, [IDS.eos]: 9, [A]: 1 }
        : { [IDS.pad]: 9, [IDS.eos]: 3 },
    );
  const [written] = await write([model]);
  expect(written?.tokens).toEqual([A]);
  // The softmax is over all logits, the banned ones included.
  const [word, end] = [Math.exp(1) / (4 * Math.exp(9) + Math.exp(1)), Math.exp(3) / (Math.exp(9) + Math.exp(3))];
  expect(written?.confidence).toBeCloseTo(Math.sqrt(word * end), 9);
});

test.each([
  [1, [A, B, C, 7, 8]],
  [2, [A, B, A, C, A, 7]],
  [3, [A, B, A, B, C, A]],
])('no n-gram of %i comes twice, and no token twice running', async (noRepeatNgram, expected) => {
  const model: Model = () => logits({ [A]: 5, [B]: 4, [C]: 3, 7: 2, 8: 1 });
  const rules = { noRepeatNgram, maxTokens: expected.length };
  expect((await write([model], rules))[0]?.tokens).toEqual(expected);
});

test('equal scores: the lower token, and of two finished captions the first', async () => {
  const even: Model = (written) => logits(written.length < 2 ? { [A]: 1, [B]: 1 } : { [IDS.eos]: 5 });
  for (const beams of [1, 2, 4]) expect((await write([even], { beams }))[0]?.tokens).toEqual([A, A]);
});

test('what is not finished when the tokens run out is finished as it is', async () => {
  const endless: Model = () => logits({ [A]: 2, [B]: 1 });
  const [written] = await write([endless], { beams: 2, maxTokens: 3 });
  expect(written?.tokens).toEqual([A, A, A]);
  expect(written?.score).toBeCloseTo(Math.log(1 / (1 + Math.exp(-1))), 6);
});

test('the length penalty weighs short against long captions', async () => {
  const model: Model = (written) => {
    if (written.length === 0) return logits({ [A]: 1, [B]: 1.1 });
    if (written[0] === A) return logits({ [IDS.eos]: 9 });
    return written.length < 4 ? logits({ [C]: 2, [A]: 0.1 }) : logits({ [IDS.eos]: 9 });
  };
  expect((await write([model], { beams: 2, lengthPenalty: 0 }))[0]?.tokens).toEqual([A]);
  expect((await write([model], { beams: 2, lengthPenalty: 2 }))[0]?.tokens).toEqual([B, C, C, C]);
});

test.each([1, 2, 3, 5])('%i beams agree with the plain reading of the contract on 60 random models', async (beams) => {
  for (let seed = 0; seed < 60; seed++) {
    const rules = { ...RULES, beams, noRepeatNgram: seed % 4, lengthPenalty: [0, 0.7, 1][seed % 3] ?? 1, maxTokens: 7 };
    const model = noise(seed, 1 + (seed % 5));
    const [written] = await write([model], rules);
    const expected = reference(model, rules);
    expect(written?.tokens, `seed ${seed}`).toEqual(expected.tokens);
    expect(written?.score).toBeCloseTo(expected.score, 9);
    expect(written?.confidence).toBeCloseTo(expected.confidence, 9);
  }
});

test('rows of a batch end at different times and none changes another', async () => {
  const models = Array.from({ length: 8 }, (_, seed) => noise(seed + 100, 6));
  const rules = { beams: 3, noRepeatNgram: 3, maxTokens: 10 };
  const together = await write(models, rules);
  expect(new Set(together.map(({ tokens }) => tokens.length)).size).toBeGreaterThan(1);
  for (const [i, model] of models.entries()) expect((await write([model], rules))[0]).toEqual(together[i]);
});

test('a guess changes nothing but the number of steps: whole, cut short, wrong in a place, or nonsense', async () => {
  for (let seed = 0; seed < 60; seed++) {
    const rules = { noRepeatNgram: seed % 4, maxTokens: 7 };
    const model = noise(seed, 1 + (seed % 5));
    const plain = await write([model], rules);
    const tokens = plain[0]?.tokens ?? [];
    const at = seed % tokens.length;
    const wrong = tokens.with(at, tokens[at] === 7 ? 8 : 7);
    const guesses = [tokens, tokens.slice(0, at), wrong, [8, 8, 8, 8, 8, 8], []];
    for (const guess of guesses) expect([...(await write([model], rules, [guess]))]).toEqual([...plain]);
    const together = await write(
      guesses.map(() => model),
      rules,
      guesses,
    );
    expect([...together]).toEqual(guesses.map(() => plain[0]));
    // The caption itself, guessed, needs no step; guessed up to a point, none for what was kept.
    expect((await write([model], rules, [tokens])).steps).toBe(0);
    expect((await write([model], rules, [wrong])).steps).toBe(plain.steps - at);
  }
});

test('a wider beam does not follow a guess', async () => {
  const model = noise(5, 4);
  const plain = await write([model], { beams: 3 });
  expect([...(await write([model], { beams: 3 }, [plain[0]?.tokens ?? []]))]).toEqual([...plain]);
});

test('no pictures, no captions', async () => {
  expect([...(await write([]))]).toEqual([]);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('logits with %d are refused', async (value) => {
  await expect(write([() => logits({ [A]: value })])).rejects.toThrow('not finite');
});
