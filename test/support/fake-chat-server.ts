import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { z } from 'zod';

const requestSchema = z.looseObject({
  model: z.string(),
  max_tokens: z.int(),
  response_format: z.looseObject({ type: z.string() }).optional(),
  messages: z.array(
    z.looseObject({
      role: z.string(),
      content: z.array(
        z.union([
          z.strictObject({ type: z.literal('text'), text: z.string() }),
          z.strictObject({ type: z.literal('image_url'), image_url: z.strictObject({ url: z.string() }) }),
        ]),
      ),
    }),
  ),
});
/** A request as the fakes check it. */
export type FakeRequest = z.infer<typeof requestSchema>;

/** A status and a body, as a server sends them. */
export interface FakeAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a request contains. */
export interface Seen {
  readonly request: FakeRequest;
  readonly prompt: string;
  /** The decoded pictures. */
  readonly pictures: readonly {
    readonly width: number;
    readonly height: number;
    readonly colours: readonly string[];
  }[];
  readonly authorization: string | undefined;
}

/** The quirks of a server: an answer in place of the usual one. */
export type Quirk = (seen: Seen, count: number) => FakeAnswer | undefined;

const NAMED: Readonly<Record<string, readonly [number, number, number]>> = {
  ...{ red: [255, 0, 0], green: [0, 128, 32], blue: [0, 0, 255], yellow: [255, 221, 0] },
  ...{ white: [255, 255, 255], black: [0, 0, 0], gray: [128, 128, 128], purple: [128, 0, 128] },
};

function nameOf(rgb: readonly number[]): string {
  const far = ([, named]: readonly [string, readonly number[]]): number =>
    named.reduce((sum, value, channel) => sum + (value - (rgb[channel] ?? 0)) ** 2, 0);
  return Object.entries(NAMED).reduce((a, b) => (far(b) < far(a) ? b : a))[0];
}

/** The colours of a picture's left and right half. */
async function look(url: string): Promise<Seen['pictures'][number]> {
  const [, data = ''] = /^data:image\/jpeg;base64,(.+)$/.exec(url) ?? [];
  const { width = 0, height = 0 } = await sharp(Buffer.from(data, 'base64')).metadata();
  const { data: raw } = await sharp(Buffer.from(data, 'base64'))
    .resize(2, 1, { fit: 'fill' })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width, height, colours: [nameOf([...raw.subarray(0, 3)]), nameOf([...raw.subarray(3, 6)])] };
}

/** An answer of the model. */
export function says(content: string, more: object = {}): FakeAnswer {
  const message = { role: 'assistant', content, ...more };
  return {
    status: 200,
    body: { choices: [{ index: 0, message, finish_reason: 'stop' }], usage: { prompt_tokens: 300 } },
  };
}

/** What the fake model says of a picture: a draft, and more in the second pass. */
export function describe(seen: Seen): string {
  const [first] = seen.pictures;
  const colours = [...new Set(first?.colours ?? [])];
  const word = colours.join(' and ');
  const text = /described this picture as/.test(seen.prompt) ? `a plain ${word} picture` : `a ${word} picture`;
  if (/left half/.test(seen.prompt)) return `Left: ${first?.colours[0]}. Right: ${first?.colours[1]}.`;
  return seen.request.response_format === undefined ? text : JSON.stringify({ caption: text });
}

/** A fake OpenAI-compatible server. */
export interface FakeChatServer {
  readonly baseUrl: string;
  readonly seen: readonly Seen[];
  close(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Starts a server on the loopback interface that looks at its pictures. Requests that no portable client should make (no JPEG `data:` URL,
 * pictures before the text) get 400.
 */
export async function fakeChatServer(...quirks: readonly Quirk[]): Promise<FakeChatServer> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const answer = async (): Promise<FakeAnswer> => {
      if (request.url !== '/v1/chat/completions') return { status: 404, body: { error: { message: 'no such path' } } };
      const parsed = requestSchema.parse(JSON.parse(await bodyOf(request)));
      const content = parsed.messages.flatMap((message) => message.content);
      const urls = content.flatMap((part) => (part.type === 'image_url' ? [part.image_url.url] : []));
      const prompt = content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
      if (content[0]?.type !== 'text' || urls.some((url) => !url.startsWith('data:image/jpeg;base64,'))) {
        return { status: 400, body: { error: { message: 'not portable' } } };
      }
      const pictures = await Promise.all(urls.map(look));
      const now = { request: parsed, prompt, pictures, authorization: request.headers.authorization };
      seen.push(now);
      for (const quirk of quirks) {
        const own = quirk(now, seen.length);
        if (own !== undefined) return own;
      }
      return says(describe(now));
    };
    answer()
      .catch((error: unknown): FakeAnswer => ({ status: 400, body: { error: { message: String(error) } } }))
      .then(({ status, body, headers }) => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    seen,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
