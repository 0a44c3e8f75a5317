import { Graph } from './onnx.ts';

/** RGB of the colours that the tiny bundle knows. */
export const PALETTE = {
  red: [255, 0, 0],
  green: [0, 255, 0],
  blue: [0, 0, 255],
  white: [255, 255, 255],
  black: [0, 0, 0],
  gray: [128, 128, 128],
  yellow: [255, 255, 0],
  purple: [128, 0, 128],
} as const;

/** A colour that the tiny bundle knows. */
export type Colour = keyof typeof PALETTE;

/** The colours, in the order of the graphs' tables. */
export const COLOURS = Object.keys(PALETTE) as Colour[];

/** Edge of the tiny bundle's pictures; dimensions of its graphs. */
export const EDGE = 16;
export const DIMS = { visual: 4, width: 12, features: 6, layers: 2, heads: 3, headDim: 12 } as const;
/** Channels of the tiny bundle's `detail` graph, where it has one. */
export const DETAIL = 3;

/** Special tokens, as in every bundle's tokenizer here. */
export const IDS = { pad: 0, bos: 1, eos: 2, draft: 3 } as const;

/** What each channel of a cache slot says: the mean colour in 0 to 2, then flags. */
const CHANNEL = { visual: 3, draft: 4, refined: 5, pad: 6, dark: 7, caption: 8 } as const;

const channelVector = (...on: number[]) => Array.from({ length: DIMS.width }, (_, i) => (on.includes(i) ? 1 : 0));
const paletteTable = (g: Graph) =>
  g.floats(
    COLOURS.flatMap((c) => PALETTE[c].map((v) => v / 255)),
    [COLOURS.length, 3],
  );

/** Squared distances [..., K] of colours [..., 3] from the palette; `axis` is the one in front of the channels. */
function distances(g: Graph, colours: string, axis: number): string {
  const difference = g.op('Sub', [g.op('Unsqueeze', [colours, g.ints([axis])]), paletteTable(g)]);
  return g.op('ReduceSum', [g.op('Mul', [difference, difference]), g.ints([axis + 1])], { keepdims: 0 });
}

/** How the encoder can be made to misbehave. */
export interface Misbehaviour {
  /** Iterations of an empty loop per picture, to make the encoder slow: about 3 microseconds each. */
  readonly spin?: number;
  /** A batch with a picture of this colour never ends. */
  readonly hangs?: Colour;
  /** A batch with a picture of this colour makes the graph fail. */
  readonly fails?: Colour;
}

/** How many pictures of a batch are nearest to `colour`, int64 [1]; `means` is [B, 3]. */
function countOf(g: Graph, means: string, colour: Colour): string {
  const nearest = g.op('ArgMin', [distances(g, means, 1)], { axis: 1, keepdims: 0 });
  const hits = g.op('Cast', [g.op('Equal', [nearest, g.ints([COLOURS.indexOf(colour)])])], { to: 7 });
  return g.op('ReduceSum', [hits, g.ints([0])], { keepdims: 1 });
}

/** A float [1] that is 0, but takes as long, or fails, as was asked for. */
function trouble(g: Graph, means: string, { spin = 0, hangs, fails }: Misbehaviour): string {
  const pictures = g.op('Slice', [g.op('Shape', [means]), g.ints([0]), g.ints([1])]);
  let trips = g.op('Mul', [pictures, g.ints([spin])]);
  if (hangs) trips = g.op('Add', [trips, g.op('Mul', [countOf(g, means, hangs), g.ints([2 ** 50])])]);
  const body = new Graph('body');
  body.input('iteration', 'int64', []);
  body.input('go_on', 'bool', []);
  body.input('value', 'float32', [1]);
  body.output('still_go_on', 'bool', [], 'go_on');
  body.output('next_value', 'float32', [1], body.op('Mul', ['value', body.floats([1])]));
  let zero = g.op('Loop', [g.op('Squeeze', [trips]), g.bool(true), g.floats([0])], { body });
  // Index 7 of one element, where the colour is there.
  if (fails)
    zero = g.op('Add', [zero, g.op('Gather', [g.floats([0]), g.op('Mul', [countOf(g, means, fails), g.ints([7])])])]);
  return zero;
}

/** The mean colours of the four quarters of each picture, [B, 4, 3], from 0 to 1. */
function quarterColours(g: Graph): string {
  const pixels = g.input('pixels', 'uint8', ['B', EDGE, EDGE, 3]);
  const planes = g.op('Transpose', [g.op('Div', [g.op('Cast', [pixels], { to: 1 }), g.floats([255])])], {
    perm: [0, 3, 1, 2],
  });
  const half = [EDGE / 2, EDGE / 2];
  const quarters = g.op('AveragePool', [planes], { kernel_shape: half, strides: half });
  return g.op('Transpose', [g.op('Reshape', [quarters, g.ints([0, 3, DIMS.visual])])], { perm: [0, 2, 1] });
}

/** Encoder: the mean colours of the four quarters are the visual tokens; two copies of them are the features. */
export function encoderGraph(misbehaviour: Misbehaviour): Uint8Array {
  const g = new Graph('encoder');
  const { visual, width, features } = DIMS;
  const tokens = quarterColours(g);
  const means = g.op('ReduceMean', [tokens], { axes: [1], keepdims: 0 });
  const sound = g.op('Add', [tokens, trouble(g, means, misbehaviour)]);
  const connector = g.floats(
    [0, 1, 2].flatMap((channel) => channelVector(channel)),
    [3, width],
  );
  const glance = g.op('Add', [g.op('MatMul', [sound, connector]), g.floats(channelVector(CHANNEL.visual))]);
  g.output('glance', 'float32', ['B', visual, width], glance);
  g.output('features', 'float32', ['B', visual, features], g.op('Concat', [sound, sound], { axis: 2 }));
  return g.bytes();
}

/** Detail: the colours of the quarters with red, green and blue rotated, so that captions show whether they were read. */
export function detailGraph(): Uint8Array {
  const g = new Graph('detail');
  const rotated = g.op('Gather', [quarterColours(g), g.ints([2, 0, 1])], { axis: 2 });
  g.output('detail', 'float32', ['B', DIMS.visual, DETAIL], rotated);
  return g.bytes();
}

/**
 * DeepLens: the colours of the features (not of the glance), marked as refined where the draft has words and no special tokens. With `detail`
 * channels behind the features, the colours of these instead.
 */
export function deeplensGraph(detail: number): Uint8Array {
  const g = new Graph('deeplens');
  const { visual, width, features } = DIMS;
  const glance = g.input('glance', 'float32', ['B', visual, width]);
  const stages = g.input('features', 'float32', ['B', visual, features + detail]);
  const draft = g.input('draft', 'int64', ['B', 'T']);
  const words = g.op('Cast', [g.op('Greater', [draft, g.ints([IDS.draft])])], { to: 1 });
  const padding = g.op('Cast', [g.op('Equal', [draft, g.ints([IDS.pad])])], { to: 1 });
  const some = g.op('ReduceMax', [words], { axes: [1], keepdims: 1 });
  const special = g.op('ReduceMax', [g.op('Sub', [g.floats([1]), g.op('Add', [words, padding])])], {
    axes: [1],
    keepdims: 1,
  });
  const marked = g.op('Unsqueeze', [g.op('Mul', [some, g.op('Sub', [g.floats([1]), special])]), g.ints([2])]);
  const shares = [...new Array<number>(features).fill(detail > 0 ? 0 : 0.5), ...new Array<number>(detail).fill(1)];
  const mix = g.floats(
    shares.flatMap((share, channel) => channelVector(channel % 3).map((v) => v * share)),
    [features + detail, width],
  );
  const rest = g.op('Mul', [glance, g.floats(channelVector(CHANNEL.visual))]);
  const mark = g.op('Mul', [marked, g.floats(channelVector(CHANNEL.refined))]);
  g.output(
    'refined',
    'float32',
    ['B', visual, width],
    g.op('Add', [g.op('Add', [g.op('MatMul', [stages, mix]), rest]), mark]),
  );
  return g.bytes();
}

/** What the decoder says at one position: the token, its logit, and another token that is nearly as likely. */
export interface Say {
  readonly token: number;
  readonly logit: number;
  readonly other?: { readonly token: number; readonly logit: number };
}

/** What the decoder says: for a pass (0 the first, 1 the second), whether "dark" was written, a colour and a position. */
export type Script = (pass: number, dark: boolean, colour: Colour, position: number) => Say;

/**
 * Decoder: three heads with fixed queries attend to the visual tokens (their mean colour), to the draft (is there one, is padding in it)
 * and to the caption so far (has it the token `dark`); a table says what comes next. The further the colour from the palette, the lower the logit.
 */
export function decoderGraph(vocab: number, positions: number, dark: number, script: Script): Uint8Array {
  const g = new Graph('decoder');
  const { visual, width, layers, heads, headDim } = DIMS;
  const seen = g.input('visual', 'float32', ['B', 'P', width]);
  const ids = g.input('ids', 'int64', ['B', 'T']);
  const position = g.input('positions', 'int64', ['B', 'T']);
  const segments = g.input('segments', 'int64', ['B', 'T']);
  const mask = g.input('mask', 'int64', ['B', 'M']);
  const past = g.input('past', 'float32', [layers, 2, 'B0', heads, 'S', headDim]);
  const rows = g.input('rows', 'int64', ['B']);

  const flag = (table: string, value: number) =>
    g.op('Unsqueeze', [g.op('Cast', [g.op('Equal', [table, g.ints([value])])], { to: 1 }), g.ints([2])]);
  const flags = new Map([
    [CHANNEL.draft, flag(segments, 1)],
    [CHANNEL.pad, flag(ids, IDS.pad)],
    [CHANNEL.dark, flag(ids, dark)],
    [CHANNEL.caption, flag(segments, 0)],
  ]);
  const off = g.op('Mul', [flag(segments, 0), g.floats([0])]);
  const text = g.op(
    'Concat',
    channelVector().map((_, i) => flags.get(i as 4) ?? off),
    { axis: 2 },
  );
  const slots = g.op('Concat', [seen, text], { axis: 1 });
  const spread = g.op('Expand', [g.op('Unsqueeze', [slots, g.ints([0, 1, 3])]), g.ints([layers, 2, 1, heads, 1, 1])]);
  const present = g.op('Concat', [g.op('Gather', [past, rows], { axis: 2 }), spread], { axis: 4 });

  const size = (value: string, axis: number) =>
    g.op('Squeeze', [g.op('Slice', [g.op('Shape', [value]), g.ints([axis]), g.ints([axis + 1])])]);
  const [total, written] = [size(mask, 1), size(ids, 1)];
  const one = g.ints([1], []);
  const keysAt = g.op('Range', [g.ints([0], []), total, one]);
  const queriesAt = g.op('Unsqueeze', [g.op('Range', [g.op('Sub', [total, written]), total, one]), g.ints([1])]);
  const causal = g.op('LessOrEqual', [keysAt, queriesAt]);
  const open = g.op('Unsqueeze', [g.op('Cast', [mask], { to: 9 }), g.ints([1])]);
  const bias = g.op('Unsqueeze', [
    g.op('Where', [g.op('And', [causal, open]), g.floats([0]), g.floats([-1e9])]),
    g.ints([1]),
  ]);
  const queries = [CHANNEL.visual, CHANNEL.draft, CHANNEL.caption].flatMap((c) => channelVector(c).map((v) => v * 40));

  /** Weights [B, H, T, S] and contexts [B, H, T, hd] of one layer. */
  const attend = (layer: number) => {
    const at = (value: string, i: number) => g.op('Gather', [value, g.ints([i], [])], { axis: 0 });
    const cache = at(present, layer);
    const match = g.op(
      'ReduceSum',
      [g.op('Mul', [at(cache, 0), g.floats(queries, [1, heads, 1, headDim])]), g.ints([3])],
      { keepdims: 0 },
    );
    const weights = g.op('Softmax', [g.op('Add', [g.op('Unsqueeze', [match, g.ints([2])]), bias])], { axis: -1 });
    return { weights, context: g.op('MatMul', [weights, at(cache, 1)]) };
  };
  const [first, second] = [attend(0), attend(1)];
  const head = (value: string, i: number) => g.op('Gather', [value, g.ints([i], [])], { axis: 1 });
  const above = (context: string, channel: number, threshold: number) =>
    g.op('Greater', [g.op('Gather', [context, g.ints([channel], [])], { axis: 2 }), g.floats([threshold], [])]);

  const colour = g.op('Slice', [head(first.context, 0), g.ints([0]), g.ints([3]), g.ints([2])]);
  const far = distances(g, colour, 2);
  const draftHead = head(first.context, 1);
  const clean = g.op('Not', [above(draftHead, CHANNEL.pad, 0.01)]);
  const guided = g.op('And', [
    above(head(first.context, 0), CHANNEL.refined, 0.5),
    above(draftHead, CHANNEL.draft, 0.5),
  ]);
  const int = (value: string) => g.op('Cast', [value], { to: 7 });
  // Entry of the tables: pass, dark, colour, position, as in a number with mixed bases.
  let entry = int(g.op('And', [guided, clean]));
  for (const [digit, base] of [
    [int(above(head(second.context, 2), CHANNEL.dark, 0.01)), 2],
    [g.op('ArgMin', [far], { axis: 2, keepdims: 0 }), COLOURS.length],
    [g.op('Min', [position, g.ints([positions - 1])]), positions],
  ] as const) {
    entry = g.op('Add', [g.op('Mul', [entry, g.ints([base])]), digit]);
  }
  const says = [0, 1].flatMap((pass) =>
    [false, true].flatMap((d) =>
      COLOURS.flatMap((c) => Array.from({ length: positions }, (_, p) => script(pass, d, c, p))),
    ),
  );
  const penalty = g.op('Mul', [g.op('Sqrt', [g.op('ReduceMin', [far], { axes: [2], keepdims: 0 })]), g.floats([12])]);
  const spike = (tokens: number[], values: number[], lessen: boolean) => {
    const hot = g.op('OneHot', [g.op('Gather', [g.ints(tokens), entry]), g.ints([vocab], []), g.floats([0, 1])]);
    const height = g.op('Gather', [g.floats(values), entry]);
    return g.op('Mul', [hot, g.op('Unsqueeze', [lessen ? g.op('Sub', [height, penalty]) : height, g.ints([2])])]);
  };
  const main = spike(
    says.map((say) => say.token),
    says.map((say) => say.logit),
    true,
  );
  const other = spike(
    says.map((say) => say.other?.token ?? IDS.pad),
    says.map((say) => say.other?.logit ?? 0),
    false,
  );
  // No two tokens alike, and no end before its time.
  const base = g.floats(Array.from({ length: vocab }, (_, id) => (id === IDS.eos ? -20 : -0.01 * id)));
  g.output('logits', 'float32', ['B', 'T', vocab], g.op('Add', [g.op('Add', [main, other]), base]));
  g.output('present', 'float32', [layers, 2, 'B', heads, 'R', headDim], present);
  const watched = g.op('Slice', [head(first.weights, 0), g.ints([0]), g.ints([visual]), g.ints([2])]);
  g.output('attention', 'float32', ['B', 'T', visual], watched);
  return g.bytes();
}
