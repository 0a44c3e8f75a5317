import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { type RunningProcess, startProcess } from '../../core/process/run-process.ts';
import type { Caption, Group, Keyframe } from '../../core/types.ts';
import type { CaptionOptions } from '../captioner.ts';
import { WorkerError } from '../errors.ts';
import type { GroupProcess } from '../pool/pool.ts';
import { jpegOf } from '../server/jpeg.ts';
import { type PromptFacts, promptFacts } from '../server/prompt-facts.ts';
import { fillPrompt } from '../server/prompts.ts';
import type { ServerSettings } from '../server/server-settings.ts';

/** The first line of a program: it is ready, and takes pictures in this form. */
const readyLine = z.object({ ready: z.literal(true), pictures: z.enum(['base64', 'path']).default('base64') });

const answerLine = z.union([
  z.object({ id: z.int(), error: z.string().min(1) }),
  z.object({
    id: z.int(),
    text: z.string().min(1),
    draft: z.string().optional(),
    confidence: z.number().min(0).max(1).default(1),
  }),
]);
type AnswerLine = z.infer<typeof answerLine>;

interface Waiting {
  readonly resolve: (line: string) => void;
  readonly reject: (error: unknown) => void;
}

/** What is known of a keyframe besides its picture. */
interface Known {
  readonly facts: Omit<PromptFacts, 'draft'>;
  /** The camera and its wall clock, where it is a recording. */
  readonly place: { readonly camera?: string; readonly clock?: string };
}

/** How a program is run. */
export interface CommandOptions {
  /** Absolute path. */
  readonly program: string;
  readonly settings: Pick<ServerSettings, 'pictureSize' | 'pictureQuality' | 'timeoutMs' | 'prompt' | 'detail'>;
}

/** A captioner program, with which JSON lines are exchanged, one picture at a time. docs/models.md has the protocol. */
export class CommandProcess implements GroupProcess {
  readonly ended: Promise<void>;
  readonly #options: CommandOptions;
  readonly #started: Promise<RunningProcess>;
  readonly #lines: string[] = [];
  #alive = true;
  #stuck = false;
  #waiting: Waiting | undefined;
  #folder: string | undefined;
  #next = 0;

  constructor(options: CommandOptions) {
    this.#options = options;
    this.#started = this.#start();
    this.ended = this.#started
      .then((process) => process.ended)
      .then(async () => {
        this.#alive = false;
        this.#waiting?.reject(await this.#endedError());
        if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
      });
  }

  get alive(): boolean {
    return this.#alive;
  }

  async #start(): Promise<RunningProcess> {
    const process = await startProcess({ program: this.#options.program, args: [], writes: true });
    // A program that ends without reading: its end says more than EPIPE.
    process.stdin?.on('error', () => undefined);
    createInterface({ input: process.stdout, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
      if (line.trim() === '') return;
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (waiting === undefined) this.#lines.push(line);
      else waiting.resolve(line);
    });
    return process;
  }

  async open(): Promise<void> {
    try {
      const line = await this.#line();
      const { success, data } = readyLine.safeParse(parsed(line));
      if (!success) throw this.#nonsense(line, '{"ready": true}');
      if (data.pictures === 'path') this.#folder = await mkdtemp(join(tmpdir(), 'secondglance-pictures-'));
    } catch (error) {
      const { program } = this.#options;
      if (!(error instanceof WorkerError)) throw error;
      throw new WorkerError('worker-start', `The captioner program ${program} could not be started: ${error.message}`, {
        detail: error.detail,
        cause: error,
      });
    }
  }

  async caption(group: Group, options: CaptionOptions): Promise<Caption[]> {
    const captions: Caption[] = [];
    for (const keyframe of group.keyframes) {
      const facts = promptFacts(keyframe, { recorded: group.recorded, previous: captions.at(-1)?.text ?? '' });
      const place = group.recorded === undefined ? {} : { camera: facts.camera, clock: facts.time };
      captions.push(await this.#captionOne(keyframe, options, { facts, place }));
    }
    return captions;
  }

  async stop(): Promise<void> {
    await (await this.#started).stop();
    await this.ended;
  }

  kill(): void {
    void this.#started.then((process) => process.kill());
  }

  async #captionOne(keyframe: Keyframe, { passes }: CaptionOptions, known: Known): Promise<Caption> {
    const { video, index, pts, still } = keyframe;
    const answer = await this.#ask(keyframe, passes, known);
    if ('error' in answer) {
      const error = { code: 'inference-failed', message: answer.error };
      return { video, index, pts, still, draft: '', text: '', confidence: 0, passes, error };
    }
    const { text, draft = text } = answer;
    const confidence = Math.round(answer.confidence * 1e4) / 1e4;
    return { video, index, pts, still, draft, text: passes === 1 ? draft : text, confidence, passes };
  }

  async #ask(keyframe: Keyframe, passes: 1 | 2, { facts, place }: Known): Promise<AnswerLine> {
    const { pictureSize: size, pictureQuality: quality, prompt, detail } = this.#options.settings;
    const { video, width, height, pts } = keyframe;
    const id = this.#next++;
    const jpeg = await jpegOf(keyframe, { size, quality });
    const file = this.#folder === undefined ? undefined : join(this.#folder, `${id}.jpg`);
    if (file !== undefined) await writeFile(file, jpeg);
    const picture = file === undefined ? { jpeg: jpeg.toString('base64') } : { path: file };
    const own = prompt === undefined ? {} : { prompt: fillPrompt(prompt, { ...facts, draft: '' }) };
    const request = { id, ...picture, width, height, video, time: pts / 1e6, ...place, passes, detail, ...own };
    const process = await this.#started;
    if (!this.alive) throw await this.#endedError();
    process.stdin?.write(`${JSON.stringify(request)}\n`);
    try {
      const line = await this.#line();
      const { success, data } = answerLine.safeParse(parsed(line));
      if (success && data.id === id) return data;
      // From here on, answers cannot be matched with pictures.
      this.kill();
      throw this.#nonsense(line, `{"id": ${id}, "text": "..."}`);
    } finally {
      if (file !== undefined) await rm(file, { force: true });
    }
  }

  /** The next line of its stdout, within the time limit. */
  async #line(): Promise<string> {
    const line = this.#lines.shift();
    if (line !== undefined) return line;
    if (!this.alive) throw await this.#endedError();
    const timer = setTimeout(() => {
      this.#stuck = true;
      this.kill();
    }, this.#options.settings.timeoutMs);
    try {
      return await new Promise<string>((resolve, reject) => {
        this.#waiting = { resolve, reject };
      });
    } finally {
      clearTimeout(timer);
      this.#waiting = undefined;
    }
  }

  #nonsense(line: string, expected: string): WorkerError {
    const shown = line.length > 120 ? `${line.slice(0, 120)}…` : line;
    return new WorkerError('inference-failed', `the captioner program wrote ${shown} instead of ${expected}`);
  }

  async #endedError(): Promise<WorkerError> {
    const detail = (await this.#started).detail();
    if (this.#stuck) {
      const seconds = this.#options.settings.timeoutMs / 1000;
      return new WorkerError('worker-stuck', `the captioner program did not answer for ${seconds} s and was killed`, {
        detail,
      });
    }
    const { exitCode, signal } = detail;
    const how = typeof signal === 'string' ? signal : `exit code ${exitCode}`;
    return new WorkerError('worker-died', `the captioner program ended (${how})`, { detail });
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
