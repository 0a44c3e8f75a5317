import type { ChatClient } from './chat-client.ts';
import { refusesSchema } from './chat-reply.ts';
import { jpegUrl } from './jpeg.ts';
import { ServerError } from './server-error.ts';

const EDGE = 256;
const LEFT = { name: 'yellow', rgb: [255, 221, 0] } as const;
const RIGHT = { name: 'green', rgb: [0, 128, 32] } as const;
const COLOURS = /\b(red|orange|yellow|green|blue|purple|violet|pink|brown|black|white|gr[ae]y)\b/gi;

const QUESTION =
  'This picture has a left and a right half, each of one plain colour. Which colour is the left half, and which is the right half? Name both colours, in one word each.';

/** What a server has shown that it can do. */
export interface ServerAbilities {
  /** It takes `response_format` with a JSON schema. */
  readonly schemas: boolean;
}

/** A JSON schema for an object of texts, as `response_format` takes it. */
export function schemaOf(...names: readonly string[]): object {
  const properties = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
  const schema = { type: 'object', properties, required: names, additionalProperties: false };
  return { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } };
}

function probePicture(): Promise<string> {
  const pixels = new Uint8Array(EDGE * EDGE * 3);
  for (let at = 0; at < EDGE * EDGE; at++) pixels.set(at % EDGE < EDGE / 2 ? LEFT.rgb : RIGHT.rgb, at * 3);
  return jpegUrl({ width: EDGE, height: EDGE, pixels }, { size: EDGE, quality: 90 });
}

/** True where the answer names both colours and no other. */
export function seesColours(answer: string): boolean {
  const named = new Set([...answer.matchAll(COLOURS)].map(([word]) => word.toLowerCase()));
  return named.size === 2 && named.has(LEFT.name) && named.has(RIGHT.name);
}

/**
 * Shows a server a picture of two colours and asks for them: many servers ignore pictures silently, and their model then invents captions.
 * @throws ServerError `server-blind` for a wrong answer, or what the request came to
 */
export async function probeServer(client: ChatClient, model: string, signal: AbortSignal): Promise<ServerAbilities> {
  const url = await probePicture();
  const request = {
    model,
    ...{ temperature: 0, seed: 0, max_tokens: 60, stream: false },
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: QUESTION },
          { type: 'image_url', image_url: { url } },
        ],
      },
    ],
  };
  let schemas = true;
  const { text } = await client
    .ask({ ...request, response_format: schemaOf('left', 'right') }, signal)
    .catch((error: unknown) => {
      if (!(error instanceof ServerError) || error.code !== 'server-refused' || !refusesSchema(error.message))
        throw error;
      schemas = false;
      return client.ask(request, signal);
    });
  if (seesColours(text)) return { schemas };
  throw new ServerError(
    'server-blind',
    `The model ${model} at ${client.place} was shown a picture, half ${LEFT.name} and half ${RIGHT.name}, and saw "${text.slice(0, 120)}": ` +
      'it is not a vision model, or the server drops pictures.',
  );
}
