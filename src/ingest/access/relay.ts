import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createUnzip } from 'node:zlib';
import { errnoOf, sentenceOf } from '../../core/errors.ts';
import type { RegularFile } from '../../core/regular-file.ts';
import { IngestError } from '../errors.ts';
import { BlockedProtocolError, GuardError } from './errors.ts';
import { type AddressRules, fetchRemote, NoAnswerError, RedirectLoopError } from './fetch-remote.ts';
import { liveTail } from './live-tail.ts';
import { beginsPlaylist, PLAYLIST_LIMITS, PlaylistError, playlistText, rewritePlaylist } from './playlist.ts';
import { type EntryRules, RelayEntries, type RelayEntry, type RelayTarget } from './relay-entries.ts';
import { serveFile } from './serve-file.ts';

/*
 * ffmpeg follows redirects and playlists by itself, to any address of any scheme that it knows, and its command line stands in the process
 * list. So it gets no address at all: only that of this relay, which asks for the real one after checking it, and replaces every address in
 * a playlist by another one of its own. What the relay does not recognise as a playlist leads nowhere: relative addresses come back here, and
 * others meet ffmpeg's protocol whitelist or its proxy, which is the relay as well.
 */

/** What a source may read through the relay. */
export interface RelayRules extends AddressRules, EntryRules {
  /** Opens a file that a local playlist names. Throws a GuardError; the system's error. */
  openFile(file: string): Promise<RegularFile>;
}

/** A source behind the relay, until it is closed. */
export interface RelayedSource {
  /** What ffmpeg opens in its place. */
  readonly address: string;
  /** The relay as ffmpeg's `-http_proxy`. */
  readonly proxy: string;
  /** The first refused address or file; undefined where none was refused. */
  refusal(): GuardError | undefined;
  /** The first failure since the last call, other than a refusal or an error status of a server. */
  takeFailure(): IngestError | undefined;
  /** True where the playlist of segments that was read last had an end mark: nothing will be appended. */
  hasEnded(): boolean;
  close(): void;
}

/** Headers between a client and its proxy, which are not forwarded; and the encoding, which the relay has to read. */
const NOT_FORWARDED = /^(proxy-.*|connection|keep-alive|te|trailer|transfer-encoding|upgrade|host|accept-encoding)$/i;
const PEEKED_BYTES = 2 ** 20 + 4096;

function forwarded(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_FORWARDED.test(name)));
}

/** The error that a user sees; undefined for a client that went away. */
function failureOf(label: string, error: unknown): IngestError {
  if (error instanceof PlaylistError) {
    return new IngestError('playlist-limit', `The playlist "${label}" is not read: ${error.message}.`, {
      cause: error,
    });
  }
  if (error instanceof BlockedProtocolError) {
    const message = `"${label}" points to a "${error.protocol}" address, which is not followed from there.`;
    return new IngestError('blocked-protocol', message, { cause: error });
  }
  if (error instanceof NoAnswerError) {
    const message = `The server of "${label}" did not answer in time: try again later.`;
    return new IngestError('timed-out', message, { cause: error });
  }
  if (errnoOf(error) === 'ENOENT') {
    return new IngestError('missing-file', `"${label}", or a file that it names, does not exist.`, { cause: error });
  }
  if (errnoOf(error) === 'ENOTREGULAR') {
    return new IngestError('not-a-file', `"${label}" names something that is not a regular file.`, { cause: error });
  }
  const loop = error instanceof RedirectLoopError;
  const why = loop ? 'it redirects in a loop' : sentenceOf(error);
  const message = `The server of "${label}" cannot be reached (${why}): check address and network.`;
  return new IngestError('unreachable', message, { cause: error, retryable: !loop });
}

/** ffmpeg asks several times for what is not answered: for this long, an address that gave no answer in time is not asked again. */
const SILENT_MS = 60_000;

/** One source and everything that its playlists name. */
class Relayed {
  /** When an entry's server gave no answer, on the clock of `performance.now()`. */
  readonly #silent = new WeakMap<RelayEntry, number>();
  readonly entries: RelayEntries;
  readonly #label: string;
  readonly #rules: RelayRules;
  readonly #baseOf: (id: number, entry: RelayEntry) => string;
  readonly #live: boolean;
  refused: GuardError | undefined;
  failure: IngestError | undefined;
  hasEnded = false;

  constructor(
    label: string,
    rules: RelayRules,
    baseOf: (id: number, entry: RelayEntry) => string,
    live: boolean | undefined,
  ) {
    this.#label = label;
    this.#rules = rules;
    this.#baseOf = baseOf;
    this.#live = live === true;
    this.entries = new RelayEntries(rules, live);
  }

  /** The relay's address of a target. */
  addressOf(target: RelayTarget, depth: number): string {
    const id = this.entries.add(target, depth);
    const entry = this.entries.get(id);
    if (entry === undefined) throw new Error('an entry was lost');
    return this.#baseOf(id, entry);
  }

  /** The entry of a path `ID/NAME`. Another name is an address relative to the entry, of a kind of playlist that is not rewritten (DASH). */
  #entryOf(path: string): RelayEntry | undefined {
    const [, id, rest = ''] = /^(\d+)\/(.*)$/.exec(path) ?? [];
    const entry = this.entries.get(Number(id));
    if (entry === undefined || rest === entry.name) return entry;
    return this.entries.get(this.entries.add(this.entries.resolve(rest, entry.target), entry.depth + 1));
  }

  async answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const entry = this.#entryOf(path);
      if (entry === undefined) return void response.writeHead(404).end();
      if (entry.target.kind === 'file') await this.#file(entry, entry.target.file, request, response);
      else await this.#remote(entry, entry.target.url, request, response);
    } catch (error) {
      this.#fail(error, response);
    }
  }

  #fail(error: unknown, response: ServerResponse): void {
    // ffmpeg seeks by asking again, and closes the answer that it no longer needs.
    if (response.headersSent || response.closed) return void response.destroy();
    if (error instanceof GuardError) this.refused ??= error;
    else this.failure ??= failureOf(this.#label, error);
    response.writeHead(error instanceof GuardError ? 403 : 502).end();
  }

  async #file(entry: RelayEntry, file: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const opened = await this.#rules.openFile(file);
    try {
      await serveFile(opened, request, response, (text) => this.#rewrite(entry, entry.target, text));
    } finally {
      await opened.handle.close();
    }
  }

  async #remote(entry: RelayEntry, at: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    if (performance.now() - (this.#silent.get(entry) ?? Number.NEGATIVE_INFINITY) < SILENT_MS) {
      throw new NoAnswerError('no answer');
    }
    const headers = { ...forwarded(request.headers), 'accept-encoding': 'identity' };
    const { url, answer } = await fetchRemote(at, headers, this.#rules, gone.signal).catch((error: unknown) => {
      if (error instanceof NoAnswerError) this.#silent.set(entry, performance.now());
      throw error;
    });
    const { statusCode = 502 } = answer;
    const { 'content-encoding': encoding = 'identity', ...sent } = forwarded(answer.headers);
    const packed = encoding !== 'identity';
    if (packed) delete sent['content-length'];
    const body: Readable = packed ? answer.pipe(createUnzip()) : answer;
    answer.once('error', (error) => body.destroy(error));
    const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const isStart = /^bytes 0-/.test(String(sent['content-range'] ?? 'bytes 0-'));
    const { head, playlist } = await peek(chunks, statusCode < 300 && isStart);
    if (playlist) {
      const text = playlistText(await whole(chunks, head));
      answer.destroy();
      const rewritten = this.#rewrite(entry, { kind: 'url', url }, text);
      const type = sent['content-type'] ?? 'application/vnd.apple.mpegurl';
      response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(rewritten) }).end(rewritten);
      return;
    }
    response.writeHead(statusCode, answer.statusMessage, sent);
    await pipeline(async function* () {
      yield head;
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
    }, response);
  }

  #rewrite(entry: RelayEntry, base: RelayTarget, text: string): string {
    this.entries.countPlaylist(entry, Buffer.byteLength(text));
    if (!text.includes('#EXT-X-STREAM-INF')) this.hasEnded = text.includes('#EXT-X-ENDLIST');
    return rewritePlaylist(this.#live ? liveTail(text) : text, (address, tag) => {
      // The bytes of a key are no address.
      if (tag === '#EXT-X-KEY' && /^data:/i.test(address)) return address;
      return this.addressOf(this.entries.resolve(address, base), entry.depth + 1);
    });
  }
}

/** Reads as much of a body as tells whether it is a playlist. */
async function peek(chunks: AsyncIterator<Buffer>, mayBePlaylist: boolean) {
  let head = Buffer.alloc(0);
  if (!mayBePlaylist) return { head, playlist: false };
  for (;;) {
    const next = await chunks.next();
    if (next.done === true) return { head, playlist: beginsPlaylist(head) === true };
    head = Buffer.concat([head, next.value]);
    const playlist = beginsPlaylist(head) ?? (head.length > PEEKED_BYTES ? false : undefined);
    if (playlist !== undefined) return { head, playlist };
  }
}

async function whole(chunks: AsyncIterator<Buffer>, head: Buffer): Promise<Buffer> {
  const parts = [head];
  let bytes = head.length;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
    parts.push(next.value);
    bytes += next.value.length;
    if (bytes > PLAYLIST_LIMITS.bytes) {
      throw new PlaylistError(`it is longer than ${PLAYLIST_LIMITS.bytes / 2 ** 20} MiB`);
    }
  }
  return Buffer.concat(parts);
}

/** The relay of this process, on the loopback interface. */
class Relay {
  readonly origin: string;
  readonly #sources = new Map<string, Relayed>();

  constructor(server: Server) {
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => this.#answer(request, response));
  }

  open(label: string, target: RelayTarget, rules: RelayRules, live?: boolean): RelayedSource {
    const key = randomBytes(12).toString('hex');
    const source = new Relayed(label, rules, (id, { name }) => `${this.origin}/${key}/${id}/${name}`, live);
    const address = source.addressOf(target, 0);
    this.#sources.set(key, source);
    return {
      address,
      proxy: this.origin,
      refusal: () => source.refused,
      takeFailure: () => {
        const { failure } = source;
        source.failure = undefined;
        return failure;
      },
      hasEnded: () => source.hasEnded,
      close: () => void this.#sources.delete(key),
    };
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const asked = URL.canParse(request.url ?? '', this.origin) ? new URL(request.url ?? '', this.origin) : undefined;
    const [, key = '', path = ''] = /^\/([\da-f]+)\/(.*)$/.exec(asked?.pathname ?? '') ?? [];
    const source = asked?.origin === this.origin ? this.#sources.get(key) : undefined;
    if (source === undefined) return void response.writeHead(403).end();
    void source.answer(path + (asked?.search ?? ''), request, response);
  }
}

let relay: Promise<Relay> | undefined;

function start(): Promise<Relay> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    // It lives as long as the process and does not keep it alive. Only its own children connect.
    server.unref();
    server.on('connection', (socket) => socket.unref());
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(new Relay(server)));
  });
}

/**
 * Puts a source behind the relay of this process, which starts with the first one.
 * @param live its playlist goes on for days: see {@link RelayEntries}
 */
export async function relaySource(
  label: string,
  target: RelayTarget,
  rules: RelayRules,
  live?: boolean,
): Promise<RelayedSource> {
  relay ??= start();
  return (await relay).open(label, target, rules, live);
}
