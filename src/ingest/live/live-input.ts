import { stat } from 'node:fs/promises';
import type { GuardError } from '../access/errors.ts';
import { relaySource } from '../access/relay.ts';
import type { RelayTarget } from '../access/relay-entries.ts';
import { IngestError } from '../errors.ts';
import { findFfmpeg } from '../ffmpeg/find-ffmpeg.ts';
import { isPlaylist, NETWORK_SILENCE_MICROS, OPEN_RULES, RELAYED_PROTOCOLS } from '../sources/ffmpeg-input.ts';
import { asInputError } from '../sources/sources.ts';
import { readGrowingFile } from './growing-file.ts';
import { knowsProtocol } from './live-protocols.ts';
import type { LiveKind, LiveSource } from './live-source.ts';

/** How sources are opened. */
export interface LiveInputSettings {
  readonly rtspTransport: 'tcp' | 'udp';
  /** Files are read on as they grow; otherwise once, at their own pace. */
  readonly follow: boolean;
}

/** How ffmpeg opens a source, until it is closed. */
export interface LiveInput {
  /** The value of `-i`. */
  readonly input: string;
  /** Options before `-i`. */
  readonly options: readonly string[];
  /** What ffmpeg reads from its stdin. */
  readonly stdin?: string | AsyncIterable<Buffer>;
  /** Changes to the environment of ffmpeg; undefined removes a variable. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Why something could not be read, where ffmpeg does not know. */
  failure(): IngestError | GuardError | undefined;
  /** True where the end of the input is the end of the source, rather than of a connection. */
  hasEnded(): boolean;
  close(): void;
}

/** ffmpeg's time-out of a socket, below those of our own, so that its message says what happened. */
const SOCKET_MICROS = 10_000_000;
/** How long ffmpeg may look for streams before it decodes. Its own 5 s delay the first picture. */
const ANALYSE_MICROS = 2_000_000;
/** A transport stream that is longer than this is read from so many bytes before its end. */
const TAIL_BYTES = 4 * 2 ** 20;
const TS_PACKET = 188;

type NetworkKind = 'rtsp' | 'rtmp' | 'udp' | 'srt';

/** The protocols that ffmpeg may use for a kind of source. */
const PROTOCOLS: Readonly<Record<NetworkKind, string>> = {
  rtsp: 'rtp,srtp,udp,tcp,tls',
  rtmp: 'rtmp,rtmps,tcp,tls',
  udp: 'udp,rtp',
  srt: 'srt',
};

function plain(input: string, options: readonly string[], ends = false): LiveInput {
  return { input, options, env: {}, failure: () => undefined, hasEnded: () => ends, close: () => undefined };
}

/** Throws `protocol-missing` where this ffmpeg was built without the protocol. */
async function checkProtocol({ kind, address, label }: LiveSource): Promise<void> {
  const scheme = new URL(address).protocol.slice(0, -1);
  const needed = kind === 'rtsp' ? 'rtp' : scheme;
  if (await knowsProtocol(needed)) return;
  throw new IngestError(
    'protocol-missing',
    `This ffmpeg cannot read ${scheme}: addresses, so "${label}" cannot be opened: install one that can.`,
  );
}

async function networkInput(
  source: LiveSource,
  kind: NetworkKind,
  { rtspTransport }: LiveInputSettings,
): Promise<LiveInput> {
  await checkProtocol(source);
  const { address, label } = source;
  const options: (readonly [name: string, value: string])[] = [['analyzeduration', String(ANALYSE_MICROS)]];
  if (kind === 'rtsp') {
    options.push(['rtsp_transport', rtspTransport], ['allowed_media_types', 'video']);
    options.push(['timeout', String(SOCKET_MICROS)]);
  }
  // What the buffer cannot hold while the machine is busy is lost, and the stream goes on.
  if (kind === 'udp' && /^udp:/i.test(address)) options.push(['overrun_nonfatal', '1']);
  const flags = options.flatMap(([name, value]) => [`-${name}`, value]);
  const format = kind === 'srt' || /^udp:/i.test(address) ? ['-f', 'mpegts'] : [];
  if (address === label || kind === 'udp') {
    return plain(address, ['-protocol_whitelist', PROTOCOLS[kind], ...format, ...flags]);
  }
  // An address with a password comes through stdin: other users of the machine can read command lines.
  const lines = [
    'ffconcat version 1.0',
    `file '${address}'`,
    ...options.map(([name, value]) => `option ${name} ${value}`),
  ];
  const listed = ['-protocol_whitelist', `pipe,${PROTOCOLS[kind]}`, '-f', 'concat', '-safe', '0'];
  return { ...plain('pipe:0', listed), stdin: `${lines.join('\n')}\n` };
}

/** HLS, and videos that a server sends without end, are read through the relay, as `caption` reads addresses. */
async function relayedInput({ label, address }: LiveSource, target: RelayTarget): Promise<LiveInput> {
  const relay = await relaySource(label, target, OPEN_RULES, true);
  const known = await (await findFfmpeg()).demuxerOptions('hls');
  const hls = target.kind === 'file' || /\.m3u8?$/i.test(new URL(address).pathname);
  // The newest segment first. Reloads of a playlist without news are not limited.
  const wanted = [['live_start_index', '-1'], ...(target.kind === 'file' ? [['allowed_extensions', 'ALL']] : [])];
  const demuxer = hls
    ? wanted.filter(([name = '']) => known.has(name)).flatMap(([name, value]) => [`-${name}`, `${value}`])
    : [];
  const network = ['-rw_timeout', String(NETWORK_SILENCE_MICROS), '-http_proxy', relay.proxy];
  return {
    input: relay.address,
    options: [
      ...['-protocol_whitelist', RELAYED_PROTOCOLS.join(','), ...network, ...demuxer],
      ...['-analyzeduration', String(ANALYSE_MICROS)],
    ],
    // ffmpeg would bypass its proxy, which is the relay, for the hosts in `no_proxy`.
    env: { no_proxy: undefined, NO_PROXY: undefined },
    failure: () => relay.refusal() ?? relay.takeFailure(),
    hasEnded: () => relay.hasEnded(),
    close: () => relay.close(),
  };
}

async function fileInput(source: LiveSource, { follow }: LiveInputSettings): Promise<LiveInput> {
  const { address, label } = source;
  const found = await stat(address).catch((error: unknown) => {
    throw asInputError(error, label);
  });
  if (!found.isFile()) {
    throw new IngestError('not-a-file', `"${label}" is a named pipe, a socket or a folder: name a file that grows.`);
  }
  if (await isPlaylist(address)) return relayedInput(source, { kind: 'file', file: address });
  if (!follow) return plain(`file:${address}`, ['-protocol_whitelist', 'file,crypto,data', '-re'], true);
  const behind = /\.m?ts$|\.m2ts$/i.test(address) ? Math.max(0, found.size - TAIL_BYTES) : 0;
  const closing = new AbortController();
  return {
    ...plain('pipe:0', ['-protocol_whitelist', 'pipe', '-analyzeduration', String(ANALYSE_MICROS)]),
    stdin: readGrowingFile(address, behind - (behind % TS_PACKET), closing.signal),
    close: () => closing.abort(),
  };
}

function deviceInput({ address }: LiveSource): LiveInput {
  const name = /^avfoundation:(.*)$/is.exec(address)?.[1];
  if (name === undefined) return plain(address, ['-f', 'v4l2']);
  return plain(name.includes(':') ? name : `${name}:none`, ['-f', 'avfoundation', '-framerate', '30']);
}

/** Prepares what ffmpeg opens. Throws an IngestError. */
export async function openLiveInput(source: LiveSource, settings: LiveInputSettings): Promise<LiveInput> {
  const { kind, address } = source;
  const open: Record<LiveKind, () => LiveInput | Promise<LiveInput>> = {
    rtsp: () => networkInput(source, 'rtsp', settings),
    rtmp: () => networkInput(source, 'rtmp', settings),
    udp: () => networkInput(source, 'udp', settings),
    srt: () => networkInput(source, 'srt', settings),
    http: () => relayedInput(source, { kind: 'url', url: new URL(address) }),
    device: () => deviceInput(source),
    file: () => fileInput(source, settings),
  };
  return open[kind]();
}
