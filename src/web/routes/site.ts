import type { NotificationTransport } from '../../archive/alerts/outbox.ts';
import type { LoadedSettings } from '../../config/load.ts';
import type { ModelChoice } from '../../workers/load-model.ts';
import type { Video } from '../api/schemas/videos.ts';
import type { ArchiveConnection } from '../cameras/archive-connection.ts';
import type { Clips } from '../cameras/clips.ts';
import type { EventHub } from '../events/event-hub.ts';
import type { Sessions } from '../http/sessions.ts';
import type { JobList } from '../jobs/job-list.ts';
import type { Guides } from '../steps/guides.ts';
import type { StoredVideo } from '../store/documents.ts';
import type { VideoStore } from '../store/video-store.ts';
import type { Uploads } from '../uploads/uploads.ts';
import type { Captioners } from '../videos/captioners.ts';
import type { DataFolder } from '../videos/data-folder.ts';
import type { Edits } from '../videos/edits.ts';
import type { Pictures } from '../videos/keyframe-pictures.ts';
import type { Library } from '../videos/library.ts';
import type { Moments } from '../videos/moments.ts';
import type { RunQueue } from '../videos/run-queue.ts';
import type { VideoRunner } from '../videos/video-runner.ts';
import type { AccessLists } from '../videos/video-source.ts';

/** Everything that routes use. */
export interface Site {
  readonly store: VideoStore;
  readonly data: DataFolder;
  readonly lists: AccessLists;
  readonly hub: EventHub;
  readonly archive: ArchiveConnection;
  readonly clips: Clips;
  /** Where the messages of a test go. */
  readonly transports: readonly NotificationTransport[];
  readonly sessions: Sessions;
  readonly library: Library;
  readonly queue: RunQueue;
  readonly edits: Edits;
  readonly guides: Guides;
  readonly pictures: Pictures;
  readonly moments: Moments;
  readonly jobs: JobList;
  readonly uploads: Uploads;
  readonly uploadLimit: number;
  readonly captioners: Captioners;
  readonly runner: VideoRunner;
  /** A video as the API shows it. */
  readonly view: (video: StoredVideo) => Video;
  readonly model: ModelChoice | undefined;
  readonly settings: LoadedSettings;
  /** Aborts when the server ends. */
  readonly signal: AbortSignal;
}
