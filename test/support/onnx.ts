import protobuf from 'protobufjs';

/** The part of ONNX's schema (onnx.proto3, field numbers as published) that the tests' graphs need. */
const SCHEMA = `
syntax = "proto3";
message ModelProto { int64 ir_version = 1; string producer_name = 2; GraphProto graph = 7; repeated OperatorSetIdProto opset_import = 8; }
message OperatorSetIdProto { string domain = 1; int64 version = 2; }
message GraphProto { repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5;
  repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12; }
message NodeProto { repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4; repeated AttributeProto attribute = 5; }
message AttributeProto { string name = 1; float f = 2; int64 i = 3; GraphProto g = 6; repeated int64 ints = 8; int32 type = 20; }
message TensorProto { repeated int64 dims = 1; int32 data_type = 2; string name = 8; optional bytes raw_data = 9;
  repeated StringStringEntryProto external_data = 13; int32 data_location = 14; }
message StringStringEntryProto { string key = 1; string value = 2; }
message ValueInfoProto { string name = 1; TypeProto type = 2; }
message TypeProto { Tensor tensor_type = 1; message Tensor { int32 elem_type = 1; TensorShapeProto shape = 2; } }
message TensorShapeProto { repeated Dimension dim = 1; message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } } }
`;
const ModelProto = protobuf.parse(SCHEMA, { keepCase: true }).root.lookupType('ModelProto');

const ELEMENTS = { float32: 1, uint8: 2, int64: 7, bool: 9 } as const;
type Element = keyof typeof ELEMENTS;
type Attribute = number | readonly number[] | Graph | { readonly float: number };

/** A dimension: a size, or the name of a dynamic axis. */
export type Dimension = number | string;

/** A graph under construction. Values are known by their names; each `op` gives the name of its (first) output. */
export class Graph {
  readonly #name: string;
  readonly #nodes: object[] = [];
  readonly #initializers: object[] = [];
  readonly #inputs: object[] = [];
  readonly #outputs: object[] = [];
  #count = 0;

  constructor(name: string) {
    this.#name = name;
  }

  #fresh(hint: string): string {
    return `${this.#name}_${hint}_${this.#count++}`;
  }

  input(name: string, type: Element, shape: readonly Dimension[]): string {
    this.#inputs.push(valueInfo(name, type, shape));
    return name;
  }

  output(name: string, type: Element, shape: readonly Dimension[], from: string): void {
    this.#nodes.push({ input: [from], output: [name], name: `out_${name}`, op_type: 'Identity' });
    this.#outputs.push(valueInfo(name, type, shape));
  }

  floats(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.#constant('float32', Buffer.from(Float32Array.from(values).buffer), dims);
  }

  ints(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.#constant('int64', Buffer.from(BigInt64Array.from(values, BigInt).buffer), dims);
  }

  bool(value: boolean): string {
    return this.#constant('bool', Buffer.from([value ? 1 : 0]), []);
  }

  #constant(type: Element, raw_data: Buffer, dims: readonly number[]): string {
    const name = this.#fresh('const');
    this.#initializers.push({ name, dims: [...dims], data_type: ELEMENTS[type], raw_data });
    return name;
  }

  op(op_type: string, input: readonly string[], attributes: Record<string, Attribute> = {}, outputs = 1): string {
    const output = Array.from({ length: outputs }, () => this.#fresh(op_type));
    const attribute = Object.entries(attributes).map(([name, value]) => {
      if (typeof value === 'number') return { name, i: value, type: 2 };
      if (value instanceof Graph) return { name, g: value.proto(), type: 5 };
      if ('float' in value) return { name, f: value.float, type: 1 };
      return { name, ints: [...value], type: 7 };
    });
    this.#nodes.push({ input: [...input], output, name: output[0], op_type, attribute });
    return output[0] ?? '';
  }

  proto(): object {
    return {
      name: this.#name,
      node: this.#nodes,
      initializer: this.#initializers,
      input: this.#inputs,
      output: this.#outputs,
    };
  }

  /** The whole model as the bytes of an .onnx file, opset 17. */
  bytes(): Uint8Array {
    const model = {
      ir_version: 8,
      producer_name: 'tiny',
      graph: this.proto(),
      opset_import: [{ domain: '', version: 17 }],
    };
    return ModelProto.encode(ModelProto.create(model)).finish();
  }
}

interface Initializer {
  readonly data_type: number;
  raw_data?: Uint8Array | undefined;
  external_data?: { key: string; value: string }[];
  data_location?: number;
}

/** An .onnx file taken apart as large ones are: the graph, and its weights in a file `name` beside it. */
export function externalise(bytes: Uint8Array, name: string): { graph: Uint8Array; weights: Uint8Array } {
  const model = ModelProto.decode(bytes);
  const { initializer } = (model as unknown as { graph: { initializer: Initializer[] } }).graph;
  const parts: Uint8Array[] = [];
  let offset = 0;
  // Integers are shapes and axes, which the graph has to tell by itself.
  for (const tensor of initializer.filter(({ data_type }) => data_type === ELEMENTS.float32)) {
    const part = tensor.raw_data ?? new Uint8Array(0);
    const place = { location: name, offset: String(offset), length: String(part.length) };
    tensor.external_data = Object.entries(place).map(([key, value]) => ({ key, value }));
    tensor.data_location = 1;
    delete tensor.raw_data;
    parts.push(part);
    offset += part.length;
  }
  return { graph: ModelProto.encode(model).finish(), weights: Buffer.concat(parts) };
}

function valueInfo(name: string, type: Element, shape: readonly Dimension[]): object {
  const dim = shape.map((size) => (typeof size === 'number' ? { dim_value: size } : { dim_param: size }));
  return { name, type: { tensor_type: { elem_type: ELEMENTS[type], shape: { dim } } } };
}
