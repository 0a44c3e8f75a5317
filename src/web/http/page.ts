import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import express, { type Router } from 'express';
import { WebError } from '../errors.ts';
import { sendContent } from './conditions.ts';

/** Where the build puts the page: beside this program. */
export const PAGE_FOLDER = path.join(import.meta.dirname, '../../page');

const PLAIN = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>secondglance</title>
<h1>secondglance</h1>
<p>The server runs, but its page was not built. The API is at <a href="api/openapi.json">api/openapi.json</a>.</p>
</html>
`;

/** Serves the page. Its own addresses (`/videos/v…`) all give index.html, which shows what they are for. */
export function servePage(folder: string): Router {
  const router = express.Router();
  const index = path.join(folder, 'index.html');
  const assets = express.static(folder, {
    index: false,
    redirect: false,
    setHeaders: (response, file) => {
      // Vite puts a hash into these names.
      const hashed = file.startsWith(path.join(folder, 'assets') + path.sep);
      response.set('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  router.use(assets);
  router.use(async (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    if (path.extname(request.path) !== '') throw new WebError('route-unknown', `there is no ${request.path}`);
    const page = existsSync(index) ? await readFile(index, 'utf8') : PLAIN;
    sendContent(response, page, { type: 'text/html; charset=utf-8', cache: 'no-cache' });
  });
  return router;
}
