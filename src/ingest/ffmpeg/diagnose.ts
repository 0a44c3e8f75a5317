import type { FailureDetail } from '../../core/errors.ts';
import { childMemoryLimit } from '../../core/process/memory-limit.ts';
import { IngestError, type IngestErrorCode } from '../errors.ts';

/** Patterns of ffmpeg's and ffprobe's messages. The first match decides. */
const SYMPTOMS: readonly {
  readonly code: IngestErrorCode;
  readonly sign: RegExp;
  readonly sentence: (label: string, match: RegExpExecArray) => string;
  readonly retryable?: (match: RegExpExecArray) => boolean;
}[] = [
  // First, because the list of protocols in the message contains words such as `tls`.
  {
    code: 'blocked-protocol',
    sign: /Protocol '([^']+)' not on whitelist/,
    sentence: (label, match) => `"${label}" points to a "${match[1]}" address, which is not followed from there.`,
  },
  {
    code: 'http-status',
    sign: /(?:HTTP error|Server returned) ([45][0-9X]{2}[^\n(]*)/,
    sentence: (label, match) => `The server answered ${match[1]?.trim()} for "${label}": check the address.`,
    retryable: (match) => /^(408|425|429|5)/.test(match[1] ?? ''),
  },
  {
    code: 'port-in-use',
    sign: /Address already in use/i,
    sentence: (label) =>
      `The port of "${label}" is in use by another program: stop that program, or have the stream sent to another port.`,
  },
  {
    code: 'timed-out',
    sign: /Connection timed out|Operation timed out|ETIMEDOUT/i,
    sentence: (label) => `The server of "${label}" did not answer in time: try again later.`,
  },
  {
    code: 'unreachable',
    sign: /Connection refused|Failed to resolve|No route to host|Network is unreachable|Connection reset|certificate|handshake|TLS/i,
    sentence: (label, match) => `The server of "${label}" cannot be reached (${match[0]}): check address and network.`,
    retryable: () => true,
  },
  {
    code: 'blocked-extension',
    sign: /URL (\S+) is not in allowed_(?:segment_)?extensions|Filename extension of '([^']+)' is not a common multimedia extension|parsed segment .*extension/,
    sentence: (label, match) =>
      `The playlist "${label}" names a file whose ending is none of a video${match[1] === undefined ? '' : ` ("${match[1].split('/').at(-1)}")`}: rename it, or caption the playlist from a local copy.`,
  },
  {
    code: 'blocked-format',
    sign: /Format not on whitelist/,
    sentence: (label) =>
      `"${label}" is no kind of video that services read, or names one that is not: convert the file.`,
  },
  {
    code: 'too-large',
    sign: /Picture size (\d+x\d+) exceeds specified max pixel count|Picture size (\d+x\d+) is invalid/,
    sentence: (label, match) => `The pictures in "${label}" are too large (${match[1] ?? match[2]} pixels).`,
  },
  {
    code: 'too-large',
    sign: /Cannot allocate memory|Out of memory/i,
    sentence: (label) =>
      `Decoding "${label}" takes more memory than ffmpeg may use (${Math.round(childMemoryLimit() / 2 ** 20)} MiB): scale the video down.`,
  },
  {
    code: 'no-permission',
    sign: /Permission denied/,
    sentence: (label) => `"${label}" may not be read by this user: change its permissions.`,
  },
  {
    code: 'missing-file',
    sign: /No such file or directory/,
    sentence: (label) => `"${label}", or a file that it names, does not exist.`,
  },
  {
    code: 'unknown-codec',
    sign: /Decoder \(codec ([^)]+)\) not found|Unsupported codec with id (\d+)|no decoder found for: ?(\S*)|Unknown decoder|Decoding requested, but no decoder/i,
    sentence: (label, match) =>
      `This ffmpeg cannot decode the video in "${label}" (codec ${match[1] ?? match[2] ?? match[3] ?? 'unknown'}): install one that can, or convert the file.`,
  },
  {
    code: 'filter-failed',
    sign: /Error (?:while filtering|reinitializing filters|initializing filter)|Failed to (?:inject frame into filter|configure) /,
    sentence: (label) =>
      `ffmpeg could not convert the colours or the size of the frames in "${label}": convert the video, or install a newer ffmpeg; --verbose shows its messages.`,
  },
  {
    code: 'unreachable',
    sign: /^(?:\[\S+\] )?https?:\/\/.*Input\/output error/m,
    sentence: (label) => `The server of "${label}" broke off, or sent no valid answer: try again later.`,
    retryable: () => true,
  },
  {
    code: 'unreadable',
    sign: /moov atom not found/,
    sentence: (label) =>
      `"${label}" has no index (moov atom): its recording or download did not finish, or it is damaged; record or copy it again.`,
  },
];

/** The error that matches the messages of ffmpeg; undefined where none does. */
export function diagnose(label: string, detail: FailureDetail, cause?: Error): IngestError | undefined {
  const text = (detail.stderr ?? []).join('\n');
  for (const { code, sign, sentence, retryable } of SYMPTOMS) {
    const match = sign.exec(text);
    if (match !== null) {
      return new IngestError(code, sentence(label, match), { detail, cause, retryable: retryable?.(match) ?? false });
    }
  }
  return undefined;
}

/** Signals of a process that broke down on its input. Every other signal came from outside. */
const CRASHES: ReadonlySet<string> = new Set('SIGSEGV SIGABRT SIGBUS SIGILL SIGFPE SIGSYS SIGTRAP'.split(' '));
/** What ffmpeg prints when it catches a signal (it exits with 255 then), and when it gets no memory. */
const CAUGHT_SIGNAL = /received signal (\d+)/;
const NO_MEMORY = /Cannot allocate memory|Out of memory/i;

/** True where the input may be what ended the process, rather than an operator or the system. */
export function crashed(detail: FailureDetail): boolean {
  return CRASHES.has(detail.signal ?? '');
}

/**
 * The error of an ffmpeg or ffprobe that a signal ended or that got no memory: a failure of the machine, which says nothing about the file.
 * Undefined where it ended by itself.
 */
export function killedFailure(label: string, detail: FailureDetail, cause?: Error): IngestError | undefined {
  const lines = (detail.stderr ?? []).join('\n');
  const failed = detail.exitCode !== 0;
  const caught = failed ? CAUGHT_SIGNAL.exec(lines)?.[1] : undefined;
  const signal = detail.signal ?? (caught === undefined ? undefined : `signal ${caught}`);
  const how = signal !== undefined ? `was ended by ${signal}` : failed && NO_MEMORY.test(lines) ? 'got no memory' : '';
  if (how === '') return undefined;
  return new IngestError(
    'decoder-killed',
    `The ffmpeg that read "${label}" ${how}: this is no fault of the file; check the free memory and try again.`,
    { detail, cause },
  );
}

/** The error of a decoding that produced no frame. */
export function decodeFailure(label: string, detail: FailureDetail, cause?: Error): IngestError {
  const known = killedFailure(label, detail, cause) ?? diagnose(label, detail, cause);
  if (known !== undefined) return known;
  return new IngestError(
    'decode-failed',
    `No frame of "${label}" could be decoded (ffmpeg ended with code ${detail.exitCode ?? 'unknown'}): the video data is damaged or of an unknown kind.`,
    { detail, cause },
  );
}
