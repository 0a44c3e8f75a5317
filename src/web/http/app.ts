import express, { type Express } from 'express';
import { securityHeaders } from '../../services/security-headers.ts';
import type { Log } from '../../services/service.ts';
import { WebError } from '../errors.ts';
import type { Uploads } from '../uploads/uploads.ts';
import { refuseTags } from './conditions.ts';
import { servePage } from './page.ts';
import { problemHandler } from './problems.ts';
import { type Handlers, mountRoutes } from './route-table.ts';
import { requireHost, requireSameSite } from './same-site.ts';
import type { Sessions } from './sessions.ts';

/** How the server is reached. */
export interface Reach {
  /** `/captions` behind a reverse proxy under a sub-path; empty for none. */
  readonly basePath: string;
  /** Believe X-Forwarded-*. */
  readonly trustProxy: boolean;
  /** Names besides those of the loopback; undefined where any will do. */
  readonly names: readonly string[] | undefined;
}

/** What an application is made of. */
export interface AppParts {
  readonly reach: Reach;
  readonly handlers: Handlers;
  readonly sessions: Sessions;
  readonly uploads: Uploads;
  readonly log: Log;
  /** The built page. */
  readonly pageFolder: string;
}

/** The API below `/api`, and the page everywhere else. */
export function createApp({ reach, handlers, sessions, uploads, log, pageFolder }: AppParts): Express {
  const { basePath, trustProxy, names } = reach;
  const app = express().disable('x-powered-by');
  app.set('trust proxy', trustProxy ? 1 : false);
  app.set('query parser', 'simple');
  app.use(securityHeaders());
  app.get('/healthz', (_, response) => void response.type('text').send('ok\n'));
  app.use(requireHost(names));

  const api = express.Router({ caseSensitive: true, strict: true });
  api.use('/uploads', requireSameSite, sessions.required, refuseTags, uploads.handler);
  mountRoutes(api, handlers, { always: requireSameSite, session: sessions.required });
  api.use((request) => {
    throw new WebError('route-unknown', `there is no ${request.method} ${request.originalUrl.split('?')[0]}`);
  });
  app.use(`${basePath}/api`, api);
  if (basePath !== '') {
    // Relative addresses of the page need the slash.
    app.get(basePath, (request, response, next) => {
      if (request.path.endsWith('/')) next();
      else response.redirect(308, `${basePath}/`);
    });
  }
  app.use(basePath === '' ? '/' : basePath, servePage(pageFolder));
  app.use((request) => {
    throw new WebError('route-unknown', `there is no ${request.path}`);
  });
  app.use(problemHandler(log));
  return app;
}
