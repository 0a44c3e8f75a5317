import type { Caption, Group, Keyframe, Region } from '../../core/types.ts';
import type { Captioner, CaptionOptions } from '../captioner.ts';
import { WorkerError } from '../errors.ts';
import { cutRegion, detailRegions } from '../regions/detail-regions.ts';
import type { AnswerJournal, GroupAnswers } from './answer-journal.ts';
import { ChatClient, type ChatOptions, type ChatRequest } from './chat-client.ts';
import { pictureLimit } from './chat-reply.ts';
import { jpegUrl } from './jpeg.ts';
import { probeServer, type ServerAbilities, schemaOf } from './probe-server.ts';
import { CORRECTION, fillPrompt, MAX_TOKENS, PROMPTS, type PromptFacts } from './prompts.ts';
import { ServerError } from './server-error.ts';
import type { ServerSettings } from './server-settings.ts';
import { captionOfJson, tidyAnswer } from './tidy-answer.ts';

/** Enlarged parts that the second pass sends beside the whole picture. */
const PARTS = 2;
/** Servers report no confidence that can be compared: their captions count as certain. */
const CONFIDENCE = 1;

/** `H:MM:SS` */
export function clockTime(micros: number): string {
  const seconds = Math.max(0, Math.floor(micros / 1e6));
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** What a {@link ServerCaptioner} is made of. */
export interface ServerCaptionerOptions {
  readonly identity: Pick<Captioner, 'model' | 'runtime' | 'image'>;
  /** The model's name on the server. */
  readonly name: string;
  readonly settings: ServerSettings;
  readonly chat: ChatOptions;
  readonly journal: AnswerJournal;
  /** Groups at once. */
  readonly concurrency: number;
}

/** Captions with a vision model behind an OpenAI-compatible server. The pictures of a group are asked for one after the other. */
export class ServerCaptioner implements Captioner {
  readonly model;
  readonly runtime;
  readonly image;
  readonly concurrency;
  readonly #options: ServerCaptionerOptions;
  readonly #client: ChatClient;
  readonly #closing = new AbortController();
  #opening: Promise<ServerAbilities> | undefined;
  /** The most pictures in a request, once the server has complained. */
  #mostPictures = 1 + PARTS;

  constructor(options: ServerCaptionerOptions) {
    this.#options = options;
    this.model = options.identity.model;
    this.runtime = options.identity.runtime;
    this.image = options.identity.image;
    this.concurrency = options.concurrency;
    this.#client = new ChatClient(options.chat);
  }

  async open(): Promise<void> {
    this.#opening ??= this.#start();
    await this.#opening;
  }

  async #start(): Promise<ServerAbilities> {
    await this.#options.journal.open();
    return probeServer(this.#client, this.#options.name, this.#closing.signal);
  }

  async caption(group: Group, options: CaptionOptions, signal: AbortSignal): Promise<Caption[]> {
    if (this.#opening === undefined || this.#closing.signal.aborted) {
      const when = this.#opening === undefined ? 'has not been opened' : 'is closed';
      throw new WorkerError('captioner-closed', `The captioner ${when}.`);
    }
    const { schemas } = await this.#opening;
    const ended = AbortSignal.any([signal, this.#closing.signal]);
    const answers = await this.#options.journal.group(`${this.model.sha256} ${group.video} ${group.index}`);
    const captions: Caption[] = [];
    for (const keyframe of group.keyframes) {
      const previous = captions.at(-1)?.text ?? '';
      captions.push(await this.#captionOne(keyframe, { options, previous, schemas, answers, signal: ended }));
    }
    answers.finish();
    return captions;
  }

  async close(): Promise<void> {
    this.#closing.abort(new WorkerError('captioner-closed', 'The captioner is closed.'));
    await this.#opening?.catch(() => undefined);
    await this.#options.journal.close();
    await this.#client.close();
  }

  async #captionOne(keyframe: Keyframe, work: Work): Promise<Caption> {
    const { video, index, pts, still } = keyframe;
    const { passes } = work.options;
    const facts = { camera: video, video, time: clockTime(pts), previous: work.previous };
    try {
      const draft = await this.#draft(keyframe, facts, work);
      const base = { video, index, pts, still, draft };
      if (passes === 1) return { ...base, text: draft, confidence: CONFIDENCE, passes };
      const regions = detailRegions(keyframe, PARTS);
      const text = await this.#correct(keyframe, regions, { ...facts, draft }, work);
      return { ...base, text, confidence: CONFIDENCE, passes, regions };
    } catch (error) {
      // What concerns this picture alone fails this picture alone.
      if (!(error instanceof ServerError) || (error.code !== 'server-refused' && error.code !== 'server-answer'))
        throw error;
      const { code, message } = error;
      return { video, index, pts, still, draft: '', text: '', confidence: 0, passes, error: { code, message } };
    }
  }

  async #draft(keyframe: Keyframe, facts: Omit<PromptFacts, 'draft'>, work: Work): Promise<string> {
    const { settings } = this.#options;
    const prompt = fillPrompt(settings.prompt ?? PROMPTS[settings.detail], { ...facts, draft: '' });
    return this.#ask(prompt, [await this.#picture(keyframe)], work);
  }

  /** The second pass: the whole picture, enlarged parts of it, and the draft in one request. */
  async #correct(keyframe: Keyframe, regions: readonly Region[], facts: PromptFacts, work: Work): Promise<string> {
    const prompt = fillPrompt(CORRECTION, facts);
    const parts = await Promise.all(regions.map((region) => this.#picture(cutRegion(keyframe, region))));
    const pictures = [await this.#picture(keyframe), ...parts];
    try {
      return await this.#ask(prompt, pictures.slice(0, this.#mostPictures), work);
    } catch (error) {
      const most =
        error instanceof ServerError && error.code === 'server-refused' ? pictureLimit(error.message) : undefined;
      if (most === undefined || most >= pictures.length) throw error;
      this.#mostPictures = Math.max(1, most);
      return this.#ask(prompt, pictures.slice(0, this.#mostPictures), work);
    }
  }

  #picture(picture: Pick<Keyframe, 'width' | 'height' | 'pixels'>): Promise<string> {
    const { pictureSize: size, pictureQuality: quality } = this.#options.settings;
    return jpegUrl(picture, { size, quality });
  }

  async #ask(prompt: string, pictures: readonly string[], { schemas, answers, signal }: Work): Promise<string> {
    const { name, settings } = this.#options;
    const request: ChatRequest = {
      model: name,
      ...{ temperature: 0, seed: 0, max_tokens: MAX_TOKENS[settings.detail], stream: false },
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: schemas ? `${prompt}\nAnswer as JSON: {"caption": "..."}` : prompt },
            ...pictures.map((url) => ({ type: 'image_url', image_url: { url } })),
          ],
        },
      ],
      ...(schemas ? { response_format: schemaOf('caption') } : {}),
    };
    return answers.get(JSON.stringify(request), async () => {
      const { text, cut } = await this.#client.ask(request, signal);
      const caption = tidyAnswer((schemas ? captionOfJson(text) : undefined) ?? text, cut);
      if (caption !== '') return caption;
      throw new ServerError('server-answer', `The model at ${this.#client.place} gave an empty answer.`);
    });
  }
}

/** What captioning one keyframe takes. */
interface Work {
  readonly options: CaptionOptions;
  readonly previous: string;
  readonly schemas: boolean;
  readonly answers: GroupAnswers;
  readonly signal: AbortSignal;
}
