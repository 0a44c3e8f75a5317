import { hasJoint } from '../../core/keyframe-marks.ts';
import type { Caption, Group, Keyframe, RecordedBy, Region } from '../../core/types.ts';
import type { Captioner, CaptionOptions } from '../captioner.ts';
import { WorkerError } from '../errors.ts';
import { cutRegion, detailRegions } from '../regions/detail-regions.ts';
import type { AnswerJournal, GroupAnswers } from './answer-journal.ts';
import { ChatClient, type ChatOptions, type ChatRequest } from './chat-client.ts';
import { pictureLimit } from './chat-reply.ts';
import { jpegUrl } from './jpeg.ts';
import { probeServer, type ServerAbilities, schemaOf } from './probe-server.ts';
import { type PromptFacts, promptFacts } from './prompt-facts.ts';
import { CORRECTION, EVENT_PROMPTS, eventFrames, fillPrompt, MAX_TOKENS, PROMPTS } from './prompts.ts';
import { ServerError } from './server-error.ts';
import type { ServerSettings } from './server-settings.ts';
import { captionOfJson, tidyAnswer } from './tidy-answer.ts';

/** Enlarged parts that the second pass sends beside the whole picture. */
const PARTS = 2;
/** Servers report no confidence that can be compared: their captions count as certain. */
const CONFIDENCE = 1;

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
  #mostPictures = Number.POSITIVE_INFINITY;

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
    const { recorded } = group;
    const work = { options, recorded, schemas, answers, signal: ended };
    for (const keyframe of group.keyframes) {
      const previous = captions.at(-1)?.text ?? '';
      captions.push(await this.#captionOne(keyframe, { ...work, previous }));
    }
    const [first, ...others] = captions;
    const text = hasJoint(group) ? await this.#together(group.keyframes, { ...work, previous: '' }) : undefined;
    answers.finish();
    if (first === undefined || text === undefined) return captions;
    return [{ ...first, joint: { text, confidence: CONFIDENCE } }, ...others];
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
    const facts = promptFacts(keyframe, work);
    try {
      const draft = await this.#draft(keyframe, facts, work);
      const base = { video, index, pts, still, draft };
      if (passes === 1) return { ...base, text: draft, confidence: CONFIDENCE, passes };
      const regions = detailRegions(keyframe, PARTS);
      const text = await this.#correct(keyframe, regions, { ...facts, draft }, work);
      return { ...base, text, confidence: CONFIDENCE, passes, regions };
    } catch (error) {
      // What concerns this picture alone fails this picture alone.
      if (!concernsPicture(error)) throw error;
      const { code, message } = error;
      return { video, index, pts, still, draft: '', text: '', confidence: 0, passes, error: { code, message } };
    }
  }

  async #draft(keyframe: Keyframe, facts: Omit<PromptFacts, 'draft'>, work: Work): Promise<string> {
    const { settings } = this.#options;
    const prompt = fillPrompt(settings.prompt ?? PROMPTS[settings.detail], { ...facts, draft: '' });
    return this.#ask(prompt, [await this.#picture(keyframe)], work);
  }

  /** One caption for the frames of an event, read in order in one request; undefined where the server takes only one picture, or has no answer. */
  async #together(keyframes: readonly Keyframe[], work: Work): Promise<string | undefined> {
    const { settings } = this.#options;
    const ask = async (): Promise<string | undefined> => {
      const frames = spread(keyframes, this.#mostPictures);
      const [first] = frames;
      if (first === undefined || frames.length < 2) return undefined;
      const facts = { ...promptFacts(first, work), draft: '' };
      const times = frames.map((frame) => promptFacts(frame, work).time).join(', ');
      const own = settings.prompt === undefined ? EVENT_PROMPTS[settings.detail] : fillPrompt(settings.prompt, facts);
      return this.#ask(
        `${eventFrames(frames.length, times)} ${own}`,
        await Promise.all(frames.map((frame) => this.#picture(frame))),
        work,
      );
    };
    try {
      return await ask().catch((error: unknown) => {
        this.#noteLimit(error, keyframes.length);
        return ask();
      });
    } catch (error) {
      if (concernsPicture(error)) return undefined;
      throw error;
    }
  }

  /** Notes how many pictures a server takes, where it has refused a request for that. Throws any other error. */
  #noteLimit(error: unknown, pictures: number): void {
    const most =
      error instanceof ServerError && error.code === 'server-refused' ? pictureLimit(error.message) : undefined;
    if (most === undefined || most >= pictures) throw error;
    this.#mostPictures = Math.max(1, most);
  }

  /** The second pass: the whole picture, enlarged parts of it, and the draft in one request. */
  async #correct(keyframe: Keyframe, regions: readonly Region[], facts: PromptFacts, work: Work): Promise<string> {
    const prompt = fillPrompt(CORRECTION, facts);
    const parts = await Promise.all(regions.map((region) => this.#picture(cutRegion(keyframe, region))));
    const pictures = [await this.#picture(keyframe), ...parts];
    try {
      return await this.#ask(prompt, pictures.slice(0, this.#mostPictures), work);
    } catch (error) {
      this.#noteLimit(error, pictures.length);
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
  readonly recorded: RecordedBy | undefined;
  readonly schemas: boolean;
  readonly answers: GroupAnswers;
  readonly signal: AbortSignal;
}

/** True for an answer that fails the pictures that were asked about, and no others. */
function concernsPicture(error: unknown): error is ServerError {
  return error instanceof ServerError && (error.code === 'server-refused' || error.code === 'server-answer');
}

/** At most `most` of some frames, evenly spaced, the first and the last among them. */
function spread(frames: readonly Keyframe[], most: number): readonly Keyframe[] {
  if (frames.length <= most) return frames;
  const step = (frames.length - 1) / Math.max(1, most - 1);
  return Array.from({ length: most }, (_, at) => frames[Math.round(at * step)]).filter((frame) => frame !== undefined);
}
