import { VERSION } from '../../core/version.ts';
import type { WorkerCounts } from '../../queue/queues.ts';
import { runDiagnostics } from '../../services/diagnostics/run-diagnostics.ts';
import { listModels } from '../../services/models/manage-models.ts';
import { DEFAULT_BUNDLE } from '../../workers/bundle/bundle.ts';
import { openApi } from '../api/openapi.ts';
import type { System } from '../api/schemas/system.ts';
import { sendContent } from '../http/conditions.ts';
import type { Handlers } from '../http/route-table.ts';
import { listFolder } from '../videos/folders.ts';
import type { Site } from './site.ts';

type SystemRoutes = Pick<
  Handlers,
  | 'GET /session'
  | 'POST /session'
  | 'DELETE /session'
  | 'GET /folders'
  | 'GET /models'
  | 'GET /system'
  | 'GET /system/checks'
  | 'GET /openapi.json'
>;

/** Workers as the API shows them. */
function workersOf(counts: WorkerCounts | undefined): Pick<System, 'workers'> {
  if (counts === undefined) return {};
  return { workers: { decoding: counts.video, captioning: counts.group, writing: counts.tracks } };
}

/** The server itself: sessions, folders, models, limits and checks. */
export function systemRoutes(site: Site): SystemRoutes {
  const { store, sessions, lists, runner, uploads, uploadLimit, settings, model } = site;
  let checking: ReturnType<typeof runDiagnostics> | undefined;
  return {
    'GET /session': ({ request }) => sessions.of(request),
    'POST /session': ({ body: { password }, request, response }) => sessions.logIn(password, request, response),
    'DELETE /session': ({ request, response }) => sessions.logOut(request, response),
    'GET /folders': ({ query: { path } }) => listFolder(path, lists),
    'GET /models': async () => {
      const bundled = {
        bundled: true,
        installed: true,
        goodAt: 'everything that comes with secondglance',
        quality: '',
      };
      const own = {
        name: DEFAULT_BUNDLE,
        languages: ['en'],
        licence: 'see models/NOTICE',
        download: 0,
        memoryMB: null,
      };
      const others = (await listModels()).filter(({ name }) => name !== DEFAULT_BUNDLE);
      return {
        models: [
          { ...own, ...bundled },
          ...others.map((each) => ({ ...each, languages: [...each.languages], bundled: false })),
        ],
      };
    },
    'GET /system': async () => ({
      version: VERSION,
      runner: runner.kind,
      concurrency: runner.concurrency,
      ...workersOf(await runner.workers()),
      running: store.count('running'),
      queued: store.count('queued'),
      folders: [...lists.folders],
      urls: lists.allowUrls.length > 0,
      upload: { limit: uploadLimit, free: await uploads.space() },
    }),
    'GET /system/checks': async () => {
      // They start processes: however many ask, they run once.
      checking ??= runDiagnostics(model, settings, false).finally(() => {
        checking = undefined;
      });
      return { findings: (await checking).map(({ name, state, message }) => ({ name, state, message })) };
    },
    'GET /openapi.json': ({ response }) =>
      sendContent(response, JSON.stringify(openApi(VERSION)), { type: 'application/json; charset=utf-8' }),
  };
}
