/** Settings of the search, which a family takes from its model. */
export interface SearchRules {
  /** Hypotheses kept per picture; 1 is greedy. */
  readonly beams: number;
  /** The most tokens a caption may have, the end token and {@link SearchRules.forced} ones included. */
  readonly maxTokens: number;
  /** N-grams of this length may occur only once in {@link SearchRules.before} and the caption together; 0 allows all. */
  readonly noRepeatNgram: number;
  /** No token twice in a row. */
  readonly noRepeatToken: boolean;
  /** A finished caption's score is divided by its length to this power. */
  readonly lengthPenalty: number;
  /** Tokens that end a caption. */
  readonly ends: readonly number[];
  /** Tokens that are never written. */
  readonly banned: readonly number[];
  /** Whether an end token may come first. */
  readonly mayBeEmpty: boolean;
  /** Tokens in front of the caption that count as written: the decoder's prompt. */
  readonly before?: readonly number[];
  /** How many of the last tokens of `before` count as the caption's own for lengths: those that the model was forced to write. */
  readonly forced?: number;
  /** The token that a caption of `maxTokens` ends with, whatever the model says. */
  readonly forcedEnd?: number;
  /** Divides the logit of a token that was written before (multiplies a negative one); 1 changes nothing. */
  readonly repetitionPenalty?: number;
}

/** The caption of one pass for one picture. */
export interface Hypothesis {
  /** Without the end token. */
  readonly tokens: readonly number[];
  /** Sum of log-probabilities (natural), end token included, over length to the length penalty. */
  readonly score: number;
  /** Geometric mean of the tokens' probabilities, end token included: 0 to 1. */
  readonly confidence: number;
  /** The logits that each token (the end token last) was chosen from, V each. */
  readonly logits: readonly Float32Array[];
}

/**
 * One decoder step: appends a token to each live hypothesis.
 * @param tokens the newest token of each hypothesis
 * @param parents for each hypothesis, the row of the previous step (of the first logits, for the first step) that it continues
 * @param positions how many tokens each hypothesis has now, from 1
 * @returns the logits behind each hypothesis, in the same order
 */
export type Step = (
  tokens: readonly number[],
  parents: readonly number[],
  positions: readonly number[],
) => Promise<readonly Float32Array[]>;

/** The state in which a picture's search begins. */
export interface Start {
  /** The logits behind the prefix, V. */
  readonly first: Float32Array;
  /**
   * A draft that was scored with the prefix, and the logits behind each of its tokens. Greedy search reuses them while it chooses the same
   * tokens; a wider beam ignores them.
   */
  readonly draft: { readonly tokens: readonly number[]; readonly logits: readonly Float32Array[] };
}

interface LiveHypothesis {
  readonly tokens: readonly number[];
  /** As in {@link Hypothesis}. */
  readonly logits: readonly Float32Array[];
  /** Sum of log-probabilities. */
  readonly score: number;
  /** Row of the newest logits that belongs to it. */
  readonly row: number;
}

interface Candidate {
  /** Includes the logits that the token is chosen from. */
  readonly from: LiveHypothesis;
  readonly token: number;
  readonly score: number;
}

interface Picture {
  live: LiveHypothesis[];
  readonly finished: Hypothesis[];
}

type LogitsOf = (hypothesis: LiveHypothesis) => Float32Array | undefined;

/**
 * Natural-log softmax in double precision, as two numbers: log p(token) = logit - max - logSum.
 * @throws RangeError where logits are not finite
 */
export function softmaxOf(logits: Float32Array): { max: number; logSum: number } {
  // Plain loops over typed arrays, here and below: the search spends its time here.
  let max = Number.NEGATIVE_INFINITY;
  for (let token = 0; token < logits.length; token++)
    if ((logits[token] as number) > max) max = logits[token] as number;
  let sum = 0;
  for (let token = 0; token < logits.length; token++) sum += Math.exp((logits[token] as number) - max);
  // A NaN anywhere, or a row of infinities, makes the sum non-finite: fail instead of inventing a caption.
  if (!Number.isFinite(sum)) throw new RangeError('The decoder returned logits that are not finite');
  return { max, logSum: Math.log(sum) };
}

/** The tokens that would repeat an n-gram of `tokens`. */
function repeating(tokens: readonly number[], n: number): Set<number> {
  const banned = new Set<number>();
  if (n === 0) return banned;
  const tail = tokens.slice(tokens.length - (n - 1));
  for (let start = 0; start + n <= tokens.length; start++) {
    const last = tokens[start + n - 1];
    if (last !== undefined && tail.every((token, i) => token === tokens[start + i])) banned.add(last);
  }
  return banned;
}

/** The tokens that may not come after `written`. */
function bannedAfter(written: readonly number[], rules: SearchRules): Set<number> {
  const before = rules.before ?? [];
  const banned = repeating(before.length === 0 ? written : [...before, ...written], rules.noRepeatNgram);
  const newest = written.at(-1);
  if (rules.noRepeatToken && newest !== undefined) banned.add(newest);
  for (const token of rules.banned) banned.add(token);
  if (written.length === 0 && !rules.mayBeEmpty) for (const token of rules.ends) banned.add(token);
  return banned;
}

/** Logits with the repetition penalty. */
function penalised(logits: Float32Array, written: readonly number[], rules: SearchRules): Float32Array {
  const { repetitionPenalty: penalty = 1, before = [] } = rules;
  if (penalty === 1) return logits;
  const changed = Float32Array.from(logits);
  for (const token of new Set([...before, ...written])) {
    const logit = logits[token];
    if (logit !== undefined) changed[token] = logit < 0 ? logit * penalty : logit / penalty;
  }
  return changed;
}

/** Inserts a candidate into a list of at most `count`, best first, behind equal scores. */
function insert(best: Candidate[], candidate: Candidate, count: number): void {
  const at = best.findIndex(({ score }) => score < candidate.score);
  best.splice(at === -1 ? best.length : at, 0, candidate);
  best.length = Math.min(best.length, count);
}

/** The `count` best continuations of all hypotheses, best first. Ties: the earlier hypothesis, then the lower token. */
function bestCandidates(
  live: readonly LiveHypothesis[],
  logitsOf: LogitsOf,
  count: number,
  rules: SearchRules,
): Candidate[] {
  const best: Candidate[] = [];
  /** The score that a candidate must beat. */
  let worst = Number.NEGATIVE_INFINITY;
  for (const hypothesis of live) {
    const row = logitsOf(hypothesis);
    if (row === undefined) throw new RangeError(`The decoder returned no logits for row ${hypothesis.row}`);
    const from = { ...hypothesis, logits: [...hypothesis.logits, row] };
    if (rules.forcedEnd !== undefined && from.tokens.length + (rules.forced ?? 0) === rules.maxTokens - 1) {
      insert(best, { from, token: rules.forcedEnd, score: from.score }, count);
      continue;
    }
    const scored = penalised(row, from.tokens, rules);
    const { max, logSum } = softmaxOf(scored);
    const banned = bannedAfter(from.tokens, rules);
    for (let token = 0; token < scored.length; token++) {
      const score = from.score + (scored[token] as number) - max - logSum;
      if (score <= worst || banned.has(token)) continue;
      insert(best, { from, token, score }, count);
      if (best.length === count) worst = best.at(-1)?.score ?? worst;
    }
  }
  return best;
}

function finish({ tokens, logits }: LiveHypothesis, score: number, length: number, rules: SearchRules): Hypothesis {
  const whole = length + (rules.forced ?? 0);
  return { tokens, score: score / whole ** rules.lengthPenalty, confidence: Math.exp(score / length), logits };
}

/** One step of one picture: replaces its live hypotheses by their best continuations and moves ended ones to `finished`. */
function advance(picture: Picture, logitsOf: LogitsOf, rules: SearchRules): void {
  const next: LiveHypothesis[] = [];
  for (const [rank, candidate] of bestCandidates(picture.live, logitsOf, 2 * rules.beams, rules).entries()) {
    const { from, token, score } = candidate;
    if (rules.ends.includes(token)) {
      if (rank < rules.beams) picture.finished.push(finish(from, score, from.tokens.length + 1, rules));
    } else if (next.length < rules.beams) {
      next.push({ ...from, tokens: [...from.tokens, token], score });
    }
  }
  picture.live = picture.finished.length < rules.beams ? next : [];
  for (const left of picture.live) {
    if (left.tokens.length + (rules.forced ?? 0) < rules.maxTokens) return;
    picture.finished.push(finish(left, left.score, left.tokens.length, rules));
  }
  picture.live = [];
}

/** Advances along the draft while the caption agrees with it. */
function follow(picture: Picture, { tokens, logits }: Start['draft'], rules: SearchRules): void {
  for (const [at, token] of tokens.entries()) {
    if (picture.live[0]?.tokens[at] !== token) return;
    advance(picture, () => logits[at], rules);
  }
}

/** The best finished hypothesis. Ties: the one that finished first. */
function winner(picture: Picture): Hypothesis {
  const empty: Hypothesis = { tokens: [], score: Number.NEGATIVE_INFINITY, confidence: 0, logits: [] };
  return picture.finished.reduce((a, b) => (b.score > a.score ? b : a), picture.finished[0] ?? empty);
}

/**
 * Beam search over several pictures, each independent of the others; a picture that is done leaves the batch. Each step walks a picture's best
 * `2 * beams` continuations, best first: an end token among the best `beams` finishes its hypothesis, the others become live until there are
 * `beams` of them. A picture is done when `beams` hypotheses have finished or `maxTokens` are written.
 * @param starts one a picture
 * @returns the best hypothesis of each picture, in order
 */
export async function beamSearch(
  starts: readonly Start[],
  step: Step,
  rules: SearchRules,
): Promise<readonly Hypothesis[]> {
  const pictures = starts.map(({ first, draft }, row) => {
    const picture: Picture = { live: [{ tokens: [], logits: [], score: 0, row }], finished: [] };
    advance(picture, () => first, rules);
    if (rules.beams === 1) follow(picture, draft, rules);
    return picture;
  });
  for (;;) {
    const live = pictures.flatMap((picture) => picture.live);
    if (live.length === 0) return pictures.map(winner);
    const logits = await step(
      live.map(({ tokens }) => tokens.at(-1) ?? 0),
      live.map(({ row }) => row),
      live.map(({ tokens }) => tokens.length),
    );
    let row = 0;
    for (const picture of pictures) {
      picture.live = picture.live.map((hypothesis) => ({ ...hypothesis, row: row++ }));
      advance(picture, (hypothesis) => logits[hypothesis.row], rules);
    }
  }
}
