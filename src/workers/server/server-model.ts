import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { stateDir } from '../../config/state-folder.ts';
import { UsageError } from '../../core/failures.ts';
import type { CaptionModel } from '../captioner.ts';
import { framesWithin } from '../regions/frames-within.ts';
import { AnswerJournal } from './answer-journal.ts';
import type { RetryTimings } from './chat-client.ts';
import { CORRECTION, PROMPTS } from './prompts.ts';
import { ServerCaptioner } from './server-captioner.ts';
import type { ServerSettings } from './server-settings.ts';

/** Changes with everything in this folder that changes captions. */
const REVISION = 1;
/** Frames are carried larger than they are sent, so that parts of them can be enlarged. */
const FRAME_SCALE = 4 / 3;

/** How models of a server are opened. */
export interface ServerModelOptions {
  readonly settings: ServerSettings;
  /** See `ChatOptions`. */
  readonly checkUrl?: ((url: string) => Promise<void>) | undefined;
  readonly timings?: RetryTimings;
}

/**
 * A model of an OpenAI-compatible server, `--model openai:NAME`. Its identity covers name, prompts and pictures, not the address: the same model
 * may move.
 * @throws UsageError without a name
 */
export function serverModel(name: string, { settings, checkUrl, timings }: ServerModelOptions): CaptionModel {
  if (name === '') throw new UsageError('--model openai: needs the name of a model, as in openai:qwen2.5vl:7b');
  const { detail, pictureSize, pictureQuality, baseUrl } = settings;
  const prompt = settings.prompt ?? PROMPTS[detail];
  const facts = JSON.stringify(['openai', REVISION, name, detail, prompt, CORRECTION, pictureSize, pictureQuality]);
  const sha256 = createHash('sha256').update(facts).digest('hex');
  const identity = {
    model: { name, version: sha256.slice(0, 8), sha256 },
    runtime: 'OpenAI-compatible server',
    image: framesWithin(Math.round(pictureSize * FRAME_SCALE)),
  };
  return {
    ...identity,
    minConfidence: 0,
    defaultConcurrency: settings.concurrency,
    captioner({ processes = settings.concurrency } = {}) {
      if (baseUrl === undefined) {
        throw new UsageError(
          '--model openai: needs the address of the server: --base-url http://127.0.0.1:11434/v1 for Ollama, :8080/v1 for llama.cpp, :8000/v1 for vLLM, :1234/v1 for LM Studio',
        );
      }
      const { apiKey, timeoutMs, perMinute } = settings;
      return new ServerCaptioner({
        ...{ identity, name, settings, concurrency: processes },
        chat: {
          ...{ baseUrl, apiKey, timeoutMs, perMinute },
          ...(checkUrl === undefined ? {} : { checkUrl }),
          ...(timings === undefined ? {} : { timings }),
        },
        journal: new AnswerJournal(join(stateDir(), 'answers')),
      });
    },
  };
}
