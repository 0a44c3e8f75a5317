import { z } from 'zod';
import { ServerError } from './server-error.ts';

/** The forms in which the known servers report an error: a text, an object with a message, or a message beside it. */
const errorBody = z.union([
  z.looseObject({ error: z.string() }).transform(({ error }) => error),
  z.looseObject({ error: z.looseObject({ message: z.string() }) }).transform(({ error }) => error.message),
  z.looseObject({ message: z.string() }).transform(({ message }) => message),
]);

const replyBody = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        finish_reason: z.string().nullish(),
        message: z.looseObject({
          content: z.string().nullish(),
          refusal: z.string().nullish(),
          reasoning: z.string().nullish(),
          reasoning_content: z.string().nullish(),
        }),
      }),
    )
    .min(1),
});

/** What a server answered. */
export interface ChatReply {
  readonly text: string;
  /** The answer was cut off at `max_tokens`. */
  readonly cut: boolean;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** The server's own words about an error, in one short line. */
export function complaintOf(body: string): string {
  const { data } = errorBody.safeParse(parsed(body));
  return (data ?? body).replace(/\s+/gu, ' ').trim().slice(0, 300) || 'no explanation';
}

/** Says that a model takes no pictures, in the words of the known servers. */
const BLIND =
  /image input is not supported|does not support (multimodal|image|vision)|not a (multimodal|vision) model/i;

/** The most pictures that one request may have, where a complaint is about that. */
export function pictureLimit(complaint: string): number | undefined {
  if (/single image per message/i.test(complaint)) return 1;
  const [, most] = /at most (\d+) image/i.exec(complaint) ?? [];
  return most === undefined ? undefined : Number(most);
}

/** True where a complaint is about `response_format`. */
export function refusesSchema(complaint: string): boolean {
  return /response_format|json_schema|grammar|structured output/i.test(complaint);
}

/** The error for an HTTP status, by whether a retry can help. */
export function statusError(status: number, body: string, place: string): ServerError {
  const complaint = complaintOf(body);
  if (BLIND.test(complaint)) {
    return new ServerError(
      'server-blind',
      `The model at ${place} does not see pictures (${complaint}): choose a vision model, with llama.cpp start the server with --mmproj.`,
    );
  }
  if (status === 401 || status === 403) {
    return new ServerError(
      'server-key',
      `${place} does not accept the key (${complaint}): put the right one into SECONDGLANCE_API_KEY.`,
    );
  }
  if (status === 429) return new ServerError('server-busy', `${place} is limiting requests (${complaint}).`);
  if (status === 408 || status >= 500) {
    return new ServerError('server-unavailable', `${place} answered ${status} (${complaint}).`);
  }
  return new ServerError('server-refused', `${place} refused the request with ${status} (${complaint}).`);
}

/**
 * Reads the body of a successful answer.
 * @throws ServerError `server-answer` where it is not one, or empty; `server-thinking` where the model only thought
 */
export function readReply(body: string, place: string): ChatReply {
  const { data } = replyBody.safeParse(parsed(body));
  const choice = data?.choices[0];
  if (choice === undefined) {
    throw new ServerError(
      'server-answer',
      `${place} did not answer as an OpenAI-compatible server does: check --base-url.`,
    );
  }
  const { content, refusal, reasoning, reasoning_content: thoughts } = choice.message;
  // Some servers leave the thoughts in the text.
  const text = (content ?? '').replace(/^\s*<think>[\s\S]*?<\/think>/u, '').trim();
  if (text !== '' && !text.startsWith('<think>')) return { text, cut: choice.finish_reason === 'length' };
  if (text !== '' || (reasoning ?? thoughts ?? '') !== '') {
    throw new ServerError(
      'server-thinking',
      `The model at ${place} spent its whole answer on thinking: switch thinking off in the server, or choose another model.`,
    );
  }
  if ((refusal ?? '') !== '') throw new ServerError('server-refused', `The model refused to answer: ${refusal}`);
  throw new ServerError('server-answer', `The model at ${place} gave an empty answer.`);
}
