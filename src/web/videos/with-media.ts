import { underGuard } from '../../ingest/access/guard.ts';
import { openMedia } from '../../ingest/open-media.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import type { StoredVideo } from '../store/documents.ts';
import type { DataFolder } from './data-folder.ts';
import { type AccessLists, guardOf, sourceOf } from './video-source.ts';

/** Where videos are, and what may be read. */
export interface MediaAccess {
  readonly data: DataFolder;
  readonly lists: AccessLists;
}

/** Opens a video for the duration of `act`. Throws a GuardError, an IngestError. */
export async function withMedia<T>(
  { data, lists }: MediaAccess,
  video: StoredVideo,
  signal: AbortSignal,
  act: (source: Source, media: MediaInfo) => Promise<T>,
): Promise<T> {
  const guard = await guardOf(video, data, lists);
  return underGuard(guard, await sourceOf(video), async (guarded) => {
    const opened = await openMedia(guarded, { signal });
    try {
      return await act(opened.source, opened.media);
    } finally {
      await opened.dispose();
    }
  });
}
