import '../decoding/telemetry.ts';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { exitWithParent } from '../../core/process/die-with-parent.ts';
import type { SpeechAnswer, SpeechRequest } from './speech-messages.ts';
import { CONTEXT, WINDOW } from './windows.ts';

/*
 * The entry point of the process that runs Silero VAD, which `detect-speech.ts` starts. It keeps the model's state between requests: the windows of
 * one sound come in order.
 */

let session: InferenceSession | undefined;
let state = new Tensor('float32', new Float32Array(2 * 128), [2, 1, 128]);
const context = new Float32Array(CONTEXT);
const rate = new Tensor('int64', BigInt64Array.of(16_000n), []);

async function open(graph: string): Promise<InferenceSession> {
  return InferenceSession.create(graph, {
    ...{ executionProviders: ['cpu'], intraOpNumThreads: 1, interOpNumThreads: 1 },
    ...{ executionMode: 'sequential', logSeverityLevel: 3 },
  });
}

/** The probability of speech in each window. The model wants the last samples of the window before in front of each. */
async function run({ graph, samples }: SpeechRequest): Promise<number[]> {
  session ??= await open(graph);
  const probabilities: number[] = [];
  for (let at = 0; at + WINDOW <= samples.length; at += WINDOW) {
    const input = new Float32Array(CONTEXT + WINDOW);
    input.set(context);
    input.set(samples.subarray(at, at + WINDOW), CONTEXT);
    context.set(input.subarray(WINDOW));
    const outputs = await session.run({ input: new Tensor('float32', input, [1, input.length]), state, sr: rate });
    state = outputs.stateN as typeof state;
    probabilities.push(Number(outputs.output?.data[0]));
  }
  return probabilities;
}

process.on('SIGINT', () => undefined);
exitWithParent();
process.on('message', (request: SpeechRequest) => {
  run(request).then(
    (probabilities) => process.send?.({ probabilities } satisfies SpeechAnswer, () => undefined),
    (error: unknown) => process.send?.({ failure: String(error) } satisfies SpeechAnswer, () => undefined),
  );
});
