import { signal } from '@preact/signals';
import type { HttpResponse, Upload } from 'tus-js-client';
import type { System } from '../../../src/web/api/schemas/system.ts';
import type { VideoOptions } from '../../../src/web/api/schemas/videos.ts';
import { api, UPLOADS } from '../state/server.ts';
import { sizeInWords } from '../ui/show-time.ts';

/** A file on its way to the server. */
export interface FileUpload {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly sent: number;
  /** `refused`: the server has no room for it, so that there is no point in trying again. */
  readonly state: 'sending' | 'paused' | 'failed' | 'refused';
  readonly problem?: string;
}

/** Uploads that are not finished, and those that failed. */
export const uploads = signal<readonly FileUpload[]>([]);

/** Bytes of one request: a proxy that limits requests takes these, and little is sent twice after a lost connection. */
const CHUNK = 16 * 1024 * 1024;

const running = new Map<number, Upload>();
let last = 0;

function change(id: number, to: Partial<FileUpload>): void {
  uploads.value = uploads.value.map((one) => (one.id === id ? { ...one, ...to } : one));
}

/** Takes an upload off the list. */
export function forgetUpload(id: number): void {
  running.delete(id);
  uploads.value = uploads.value.filter((one) => one.id !== id);
}

/** Why a file cannot be uploaded, said before the first byte is sent. */
export function refusalOf(file: Pick<File, 'name' | 'size'>, { limit, free }: System['upload']): string | undefined {
  if (file.size === 0) return `${file.name} is empty.`;
  if (file.size > limit) {
    return `${file.name} has ${sizeInWords(file.size)}; this server takes ${sizeInWords(limit)} a file.`;
  }
  if (file.size > free) {
    return `${file.name} has ${sizeInWords(file.size)}; the server's disk has room for ${sizeInWords(free)}.`;
  }
  return undefined;
}

/** What the server answered, or that it did not. */
function problemOf(error: Error): string {
  const response = 'originalResponse' in error ? (error.originalResponse as HttpResponse | null) : null;
  const body = response?.getBody() ?? '';
  try {
    const { detail, remedy } = JSON.parse(body) as { detail?: string; remedy?: string };
    if (detail !== undefined) return [detail, remedy].filter(Boolean).join('. ');
  } catch {
    // No problem details. Where a proxy has answered, it is a whole page.
    if (body !== '' && body.length < 500 && !body.includes('<')) return body;
  }
  return response ? `The server answered ${response.getStatus()}.` : 'The connection was lost.';
}

/** Uploads a file; goes on where an earlier upload of it stopped. */
export async function startUpload(file: File, options: VideoOptions = {}): Promise<void> {
  last += 1;
  const id = last;
  uploads.value = [...uploads.value, { id, name: file.name, size: file.size, sent: 0, state: 'sending' }];
  const { upload: room } = await api('GET /system').catch(() => ({ upload: undefined }));
  const refusal = room === undefined ? undefined : refusalOf(file, room);
  if (refusal !== undefined) {
    change(id, { state: 'refused', problem: refusal });
    return;
  }
  // Loaded with the first upload: the list of videos does not wait for it.
  const tus = await import('tus-js-client');
  const upload = new tus.Upload(file, {
    endpoint: UPLOADS.endpoint,
    headers: UPLOADS.headers,
    chunkSize: CHUNK,
    retryDelays: [0, 1000, 3000, 5000, 10_000, 20_000, 30_000],
    removeFingerprintOnSuccess: true,
    metadata: { filename: file.name, filetype: file.type, options: JSON.stringify(options) },
    onProgress: (sent) => change(id, { sent }),
    onSuccess: () => forgetUpload(id),
    onError: (error) => change(id, { state: 'failed', problem: problemOf(error) }),
  });
  running.set(id, upload);
  const [earlier] = await upload.findPreviousUploads().catch(() => []);
  if (earlier !== undefined) upload.resumeFromPreviousUpload(earlier);
  upload.start();
}

/** Stops sending; what the server has stays there. */
export async function pauseUpload(id: number): Promise<void> {
  await running.get(id)?.abort();
  change(id, { state: 'paused' });
}

/** Goes on sending. */
export function resumeUpload(id: number): void {
  uploads.value = uploads.value.map((one) => {
    if (one.id !== id) return one;
    const { problem: _, ...rest } = one;
    return { ...rest, state: 'sending' };
  });
  running.get(id)?.start();
}

/** Stops, and deletes what the server has of it. */
export async function cancelUpload(id: number): Promise<void> {
  await running
    .get(id)
    ?.abort(true)
    .catch(() => undefined);
  forgetUpload(id);
}

/** Asks before the page is closed during an upload. */
export function followUploads(): void {
  addEventListener('beforeunload', (event) => {
    if (uploads.value.some(({ state }) => state === 'sending')) event.preventDefault();
  });
}
