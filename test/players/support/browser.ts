import { accessSync, constants, createReadStream, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Why the tests of players are skipped where they are. */
export const NO_CHROMIUM = 'Chromium is not installed (apt-get install chromium), and CHROMIUM_PATH names none';

/** The Chromium of this machine, if any. */
export function chromiumPath(): string | undefined {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const candidates = [
    ...(process.env.CHROMIUM_PATH ? [process.env.CHROMIUM_PATH] : []),
    ...folders.flatMap((folder) => names.map((name) => path.join(folder, name))),
  ];
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.mp4': 'video/mp4',
  '.ttml': 'application/ttml+xml',
  '.vtt': 'text/vtt',
  '.webm': 'video/webm',
};

/** hls.js as its users get it. */
const HLS_JS = path.join(import.meta.dirname, '../../../node_modules/hls.js/dist/hls.min.js');

/** A web server for a folder, on a free port: knows ranges, which players ask for. */
async function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const name = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const file = path.join(folder, path.normalize(name));
    response.setHeader('content-type', TYPES[path.extname(file)] ?? 'application/octet-stream');
    if (name === '/') {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end('<!doctype html><meta charset="utf-8"><style>body { margin: 0 }</style><body></body>');
      return;
    }
    const known = statSync(file, { throwIfNoEntry: false });
    if (known?.isFile() !== true) {
      response.writeHead(404).end();
      return;
    }
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    response.setHeader('accept-ranges', 'bytes');
    if (from === undefined) {
      response.setHeader('content-length', known.size);
      createReadStream(file).pipe(response);
      return;
    }
    const end = to === undefined || to === '' ? known.size - 1 : Math.min(Number(to), known.size - 1);
    response.writeHead(206, {
      'content-range': `bytes ${from}-${end}/${known.size}`,
      'content-length': end - Number(from) + 1,
    });
    createReadStream(file, { start: Number(from), end }).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Starts the Chromium at `executablePath`, headless, with an empty profile, and without what it asks the network for by itself. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    // A loaded machine takes its time.
    timeout: 120_000,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
      ...[
        '--disable-background-networking',
        '--disable-component-update',
        '--autoplay-policy=no-user-gesture-required',
      ],
    ],
  });
}

/** A headless Chromium, and pages in it that see a folder as a web site. */
export interface Players {
  /** A page on the site of `folder`, with hls.js and `page.js` in it. */
  open(folder: string): Promise<Page>;
  close(): Promise<void>;
}

/** Starts the Chromium at `executablePath`, with a profile of its own. */
export async function startPlayers(executablePath: string): Promise<Players> {
  const browser = await launchChromium(executablePath);
  const servers: Server[] = [];
  return {
    async open(folder) {
      const server = await serve(folder);
      servers.push(server);
      const page = await browser.newPage({ viewport: { width: 640, height: 360 } });
      page.setDefaultTimeout(120_000);
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await page.addScriptTag({ path: HLS_JS });
      await page.addScriptTag({ path: path.join(import.meta.dirname, 'page.js') });
      return page;
    },
    async close() {
      await browser.close();
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}
