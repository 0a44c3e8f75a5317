import { Tensor } from 'onnxruntime-node';

function floatsOf({ data }: Tensor): Float32Array {
  if (!(data instanceof Float32Array)) throw new TypeError('The tensor is not float32');
  return data;
}

/** Some pictures' rows of a float32 tensor [B, N, D]. */
export function pickRows(tensor: Tensor, rows: readonly number[]): Tensor {
  const data = floatsOf(tensor);
  const size = data.length / (tensor.dims[0] ?? 1);
  const picked = new Float32Array(rows.length * size);
  for (const [at, row] of rows.entries()) picked.set(data.subarray(row * size, (row + 1) * size), at * size);
  return new Tensor('float32', picked, [rows.length, ...tensor.dims.slice(1)]);
}

/** Two float32 tensors [B, N, C] and [B, N, C2] as one [B, N, C + C2]. */
export function concatChannels(first: Tensor, second: Tensor): Tensor {
  const [batch = 0, tokens = 0, channels = 0] = first.dims;
  const [a, b] = [floatsOf(first), floatsOf(second)];
  const more = b.length / (batch * tokens);
  const width = channels + more;
  const joined = new Float32Array(batch * tokens * width);
  for (let at = 0; at < batch * tokens; at++) {
    joined.set(a.subarray(at * channels, (at + 1) * channels), at * width);
    joined.set(b.subarray(at * more, (at + 1) * more), at * width + channels);
  }
  return new Tensor('float32', joined, [batch, tokens, width]);
}
