import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { LoadedSettings } from '../config/load.ts';
import { SecondGlanceError } from '../core/errors.ts';
import { EXIT, UsageError } from '../core/failures.ts';
import { withResources } from '../core/lifetime/disposal.ts';
import { onInterrupted } from '../core/lifetime/interruption.ts';
import { openQueueContext, type QueueContext } from '../queue/queue-context.ts';
import { connectService } from '../queue/redis/connection.ts';
import { listen } from '../services/http.ts';
import { createLog, logLink } from '../services/log.ts';
import type { Log } from '../services/service.ts';
import { type FileLock, lockFile } from '../storage/file-lock.ts';
import { ensureStateFolder } from '../storage/folders/ensure-folder.ts';
import { WebError } from './errors.ts';
import { createApp } from './http/app.ts';
import { PAGE_FOLDER } from './http/page.ts';
import { passwordCheck } from './http/password.ts';
import { answerUnreadable } from './http/unreadable-request.ts';
import { jobRunner } from './jobs/run-job.ts';
import { openSite } from './open-site.ts';
import { alertRoutes } from './routes/alert-routes.ts';
import { cameraRoutes } from './routes/camera-routes.ts';
import { cueRoutes } from './routes/cue-routes.ts';
import { jobRoutes } from './routes/job-routes.ts';
import { stepRoutes } from './routes/step-routes.ts';
import { systemRoutes } from './routes/system-routes.ts';
import { videoRoutes } from './routes/video-routes.ts';
import type { ServeRequest } from './serve-request.ts';
import { DataFolder } from './videos/data-folder.ts';
import { guardOfLists } from './videos/video-source.ts';

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

async function lockData(data: DataFolder): Promise<FileLock> {
  try {
    return await lockFile(path.join(data.root, 'server'));
  } catch (error) {
    if (!(error instanceof SecondGlanceError) || error.code !== 'journal-busy') throw error;
    throw new WebError('serve-busy', `another server uses ${data.root}: stop it, or choose another --data`, {
      cause: error,
    });
  }
}

/** The queue of the services, where the settings name a Redis. Waits for it. */
async function connectQueue(
  { settings, origins }: LoadedSettings,
  log: Log,
  signal: AbortSignal,
): Promise<QueueContext | undefined> {
  if (origins.redisUrl === 'default') return undefined;
  const place = { url: settings.redisUrl, prefix: settings.redisPrefix };
  const redis = await connectService(place, logLink(log, settings.redisUrl), signal);
  return openQueueContext(redis, place, settings.frameStore);
}

/**
 * Serves the page and its API until `signal` aborts. Returns the exit code. Throws a UsageError before anything is started, a
 * ListenError, `serve-busy`, `serve-data`.
 */
export async function runServe(request: ServeRequest, signal: AbortSignal): Promise<number> {
  const { host, port, basePath, trustProxy, folders, settings } = request;
  const { servePassword, allowUrls } = settings.settings;
  if (servePassword === undefined && !isLoopback(host)) {
    throw new UsageError(
      `--host ${host} lets other machines in: set SECONDGLANCE_SERVE_PASSWORD, or leave --host out to serve this machine alone`,
    );
  }
  const lists = { folders, allowUrls };
  for (const folder of folders) {
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory() === true) continue;
    throw new UsageError(`--folder ${folder}: ${found === undefined ? 'there is no such folder' : 'is not a folder'}`);
  }
  await guardOfLists(lists);
  const log = createLog(settings.settings, 'serve', process.stderr.isTTY);
  onInterrupted(signal, (name) => log.info({ signal: name }, 'stopping'));

  return withResources(async (resources) => {
    const data = new DataFolder(request.data);
    for (const folder of [data.root, data.uploads, data.jobs]) await ensureStateFolder(folder);
    const lock = await lockData(data);
    resources.defer(() => lock.release());
    const queue = await connectQueue(settings, log, signal);
    const site = openSite({
      queue,
      ...request,
      data,
      lists,
      log,
      check: servePassword === undefined ? undefined : await passwordCheck(servePassword),
      signal,
      resources,
    });
    const { store, uploads, sessions } = site;
    await site.jobs.start(jobRunner(site), (id) => store.find(id) !== undefined);
    await uploads.recover((id) => store.find(id) !== undefined);

    const handlers = {
      ...videoRoutes(site),
      ...cueRoutes(site),
      ...jobRoutes(site),
      ...cameraRoutes(site),
      ...alertRoutes(site),
      ...stepRoutes(site),
      ...systemRoutes(site),
    };
    const names = servePassword === undefined ? request.names : undefined;
    const reach = { basePath, trustProxy, names };
    const app = createApp({ reach, handlers, sessions, uploads, log, pageFolder: PAGE_FOLDER });
    const http = await listen({ host, port }, app, {
      option: '--port',
      requestTimeout: 0,
      prepare: answerUnreadable,
    });
    resources.defer(() => http.close());
    site.queue.fill();
    const shown = host.includes(':') ? `[${host}]` : host;
    request.onListening(`http://${shown}:${http.port}${basePath}/`);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    return EXIT.done;
  });
}
