import { openTransports } from '../archive/alerts/transports.ts';
import type { QueueContext } from '../queue/queue-context.ts';
import type { Log } from '../services/service.ts';
import { ArchiveConnection } from './cameras/archive-connection.ts';
import { CameraNews } from './cameras/camera-news.ts';
import { Clips } from './cameras/clips.ts';
import { EventHub } from './events/event-hub.ts';
import type { PasswordCheck } from './http/password.ts';
import { Sessions } from './http/sessions.ts';
import { JobFiles } from './jobs/job-files.ts';
import { JobList } from './jobs/job-list.ts';
import type { Site } from './routes/site.ts';
import type { ServeRequest } from './serve-request.ts';
import { Guides } from './steps/guides.ts';
import type { StoredVideo } from './store/documents.ts';
import { VideoStore } from './store/video-store.ts';
import { forgetUpload, Uploads } from './uploads/uploads.ts';
import { Captioners } from './videos/captioners.ts';
import type { DataFolder } from './videos/data-folder.ts';
import { Edits } from './videos/edits.ts';
import { Pictures } from './videos/keyframe-pictures.ts';
import { Library } from './videos/library.ts';
import { Moments } from './videos/moments.ts';
import { ProcessRunner } from './videos/process-runner.ts';
import { QueueRunner } from './videos/queue-runner.ts';
import { RunQueue } from './videos/run-queue.ts';
import { viewOf } from './videos/video-answer.ts';
import { VideoNews } from './videos/video-news.ts';
import type { AccessLists } from './videos/video-source.ts';

/** What {@link openSite} puts together. */
export interface SiteRequest
  extends Pick<
    ServeRequest,
    'state' | 'basePath' | 'uploadLimit' | 'concurrency' | 'model' | 'processes' | 'settings'
  > {
  readonly data: DataFolder;
  readonly lists: AccessLists;
  readonly log: Log;
  /** Undefined where there is no password. */
  readonly check: PasswordCheck | undefined;
  /** Where services caption; undefined where this process does. */
  readonly queue: QueueContext | undefined;
  readonly signal: AbortSignal;
  /** Closes what was opened. */
  readonly resources: AsyncDisposableStack;
}

/** Opens the data folder and what works on it. Videos that were running when the server ended are queued. Throws `serve-data`. */
export function openSite(request: SiteRequest): Site {
  const { data, lists, log, signal, resources, model, processes, settings, uploadLimit, basePath } = request;
  const store = new VideoStore(data.database);
  resources.defer(() => store.close());
  store.requeueRunning();
  const hub = new EventHub();
  const archive = new ArchiveConnection(request.state);
  resources.defer(() => archive.close());
  const transports = openTransports(settings.settings);
  resources.defer(() => Promise.all(transports.map((transport) => transport.close())).then(() => undefined));
  const cameraNews = new CameraNews(archive, hub);
  resources.defer(() => cameraNews.close());
  const view = (video: StoredVideo) => viewOf(video, queue.paceOf(video.id));
  const news = new VideoNews(hub, (id) => {
    const video = store.find(id);
    return video === undefined ? undefined : view(video);
  });
  resources.defer(() => news.close());
  const captioners = new Captioners({ model, processes });
  const runner =
    request.queue === undefined
      ? new ProcessRunner(data, lists, captioners, request.concurrency)
      : new QueueRunner(request.queue, data, lists, model);
  resources.defer(() => captioners.close());
  resources.defer(() => runner.close());
  const queue = new RunQueue(store, runner, news, log);
  resources.defer(() => queue.close());
  const jobs = new JobList(hub, new JobFiles(data.jobs), log);
  resources.defer(() => jobs.close());
  const library = new Library({
    ...{ store, data, lists, captioners, runner, queue, news },
    forgetUpload: (id) => forgetUpload(data, id),
    endJobs: (id) => jobs.removeOf(id),
  });
  const uploads = new Uploads({ data, library, log, limit: uploadLimit, address: `${basePath}/api/uploads` });
  return {
    ...{
      store,
      data,
      lists,
      hub,
      archive,
      transports,
      library,
      queue,
      uploads,
      uploadLimit,
      captioners,
      runner,
      view,
      model,
      settings,
      signal,
    },
    sessions: new Sessions(store, request.check, log, basePath),
    edits: new Edits(store, data, news),
    guides: new Guides({ store, data, lists, captioners, hub, signal }),
    pictures: new Pictures(store, data, lists, signal),
    moments: new Moments(data, lists, captioners, model, signal),
    jobs,
    clips: new Clips(archive, data.clips, signal),
  };
}
