import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { GraphName, Manifest } from './manifest.ts';

type Shape = readonly (number | undefined)[];
type Port = readonly [type: Tensor.Type, shape: Shape];

/** Names, element types and shapes (undefined: any size) of a graph's inputs and outputs. */
export type GraphContract = Record<'inputs' | 'outputs', Record<string, Port>>;

/** What bundle format 2 demands of each graph. */
export function graphContracts({ image, dims }: Manifest): Record<GraphName, GraphContract> {
  const { visual, width, features, detail = 0, layers, heads, headDim, vocab } = dims;
  const pixels: Port = ['uint8', [undefined, image.height, image.width, 3]];
  const tokens: Port = ['float32', [undefined, visual, width]];
  const channels = (size: number): Port => ['float32', [undefined, visual, size]];
  const table: Port = ['int64', [undefined, undefined]];
  const cache: Port = ['float32', [layers, 2, undefined, heads, undefined, headDim]];
  const decoder: GraphContract = {
    inputs: {
      visual: ['float32', [undefined, undefined, width]],
      ids: table,
      positions: table,
      segments: table,
      mask: table,
      past: cache,
      rows: ['int64', [undefined]],
    },
    outputs: {
      logits: ['float32', [undefined, undefined, vocab]],
      present: cache,
      attention: ['float32', [undefined, undefined, visual]],
    },
  };
  return {
    encoder: { inputs: { pixels }, outputs: { glance: tokens, features: channels(features) } },
    detail: { inputs: { pixels }, outputs: { detail: channels(detail) } },
    deeplens: {
      inputs: { glance: tokens, features: channels(features + detail), draft: table },
      outputs: { refined: tokens },
    },
    decoder,
    secondDecoder: decoder,
  };
}

/** How one side of a graph differs from its contract. A dimension that the graph leaves open always fits. */
function sideMismatches(
  found: readonly InferenceSession.ValueMetadata[],
  wanted: Record<string, Port>,
  side: string,
): string[] {
  const mismatches: string[] = [];
  for (const [name, [type, shape]] of Object.entries(wanted)) {
    const port = found.find((value) => value.name === name);
    if (port === undefined) {
      mismatches.push(`${side} ${name} is missing`);
    } else if (!port.isTensor || port.type !== type) {
      mismatches.push(`${side} ${name} is ${port.isTensor ? port.type : 'not a tensor'} instead of ${type}`);
    } else if (
      port.shape.length !== shape.length ||
      port.shape.some((size, axis) => typeof size === 'number' && shape[axis] !== undefined && size !== shape[axis])
    ) {
      const expected = shape.map((size) => size ?? 'any').join(', ');
      mismatches.push(`${side} ${name} has shape [${port.shape.join(', ')}] instead of [${expected}]`);
    }
  }
  return mismatches;
}

/** How a loaded graph differs from its contract, as phrases; empty where it fits. */
export function contractMismatches(session: InferenceSession, contract: GraphContract): string[] {
  return [
    ...sideMismatches(session.inputMetadata, contract.inputs, 'input'),
    ...session.inputNames
      .filter((input) => !(input in contract.inputs))
      .map((input) => `input ${input} is not in the contract`),
    ...sideMismatches(session.outputMetadata, contract.outputs, 'output'),
  ];
}
