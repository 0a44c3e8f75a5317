import type { TestServer } from './server.ts';

/** What every request of the upload protocol carries here. */
export const TUS = { 'tus-resumable': '1.0.0', 'x-secondglance': '1' };

/** Upload-Metadata of these facts. */
export function encoded(facts: Readonly<Record<string, string>>): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`)
    .join(',');
}

/** Begins an upload. */
export function begin({ api }: TestServer, length: number | string, facts: Readonly<Record<string, string>>) {
  return fetch(`${api}/uploads`, {
    method: 'POST',
    headers: { ...TUS, 'upload-length': String(length), 'upload-metadata': encoded(facts) },
  });
}

/** Sends bytes of an upload. */
export function send(address: string, offset: number, bytes: Uint8Array) {
  return fetch(address, {
    method: 'PATCH',
    headers: { ...TUS, 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' },
    body: bytes,
  });
}

/** Uploads a whole file. Returns the ID of its video. */
export async function upload(server: TestServer, filename: string, bytes: Uint8Array): Promise<string> {
  const created = await begin(server, bytes.length, { filename });
  const sent = await send(new URL(created.headers.get('location') ?? '', server.address).href, 0, bytes);
  const id = sent.headers.get('secondglance-video');
  if (id === null) throw new Error(`the upload of ${filename} was refused: ${created.status}, ${sent.status}`);
  return id;
}
