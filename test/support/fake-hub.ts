import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { globSync } from 'tinyglobby';
import type { RegistryModel } from '../../src/workers/installed/model-registry.ts';

/** A request that the fake hub got. */
export interface HubRequest {
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** Answers a request in place of the hub: true where it did. */
export type HubQuirk = (request: HubRequest, response: ServerResponse, count: number) => boolean;

/** A hub on the loopback interface. */
export interface FakeHub {
  readonly endpoint: string;
  readonly requests: readonly HubRequest[];
  close(): Promise<void>;
}

/** Serves a folder as `owner/tiny` at the revision `main`, with ranges. */
export async function fakeHub(folder: string, ...quirks: readonly HubQuirk[]): Promise<FakeHub> {
  const requests: HubRequest[] = [];
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const { range, authorization } = request.headers;
      const path = (request.url ?? '').replace('/owner/tiny/resolve/main/', '');
      const got = { path, range, authorization };
      requests.push(got);
      for (const quirk of quirks) if (quirk(got, response, requests.length)) return;
      const bytes = await readFile(join(folder, path));
      const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
      if (start >= bytes.length) {
        response.writeHead(416).end();
        return;
      }
      response.writeHead(start === 0 ? 200 : 206, {
        'content-length': bytes.length - start,
        'x-repo-commit': 'c0ffee',
      });
      response.end(bytes.subarray(start));
    };
    answer().catch(() => response.writeHead(404).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The registry's entry for a folder that {@link fakeHub} serves. */
export async function entryFor(folder: string, name: string, family: string): Promise<RegistryModel> {
  const paths = globSync(['*.json', 'onnx/*'], { cwd: folder, ignore: ['reference.json'] }).sort();
  const files = await Promise.all(
    paths.map(async (path) => {
      const bytes = await readFile(join(folder, path));
      return { path, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    }),
  );
  return {
    ...{ name, family, repo: 'owner/tiny', revision: 'main', goodAt: 'nothing', languages: ['en'] },
    ...{ licence: { name: 'MIT', open: true }, memoryMB: 1, quality: 'none', files },
  };
}
