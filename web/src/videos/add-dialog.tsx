import { useEffect, useState } from 'preact/hooks';
import type { FolderList, System } from '../../../src/web/api/schemas/system.ts';
import type { Video, VideoOptions } from '../../../src/web/api/schemas/videos.ts';
import { api, inWords } from '../state/server.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { attempt, notify } from '../ui/notices.ts';
import { sizeInWords } from '../ui/show-time.ts';

interface AddDialogProps {
  readonly system: System;
  readonly options: VideoOptions;
  readonly onClose: () => void;
  readonly onAdded: (videos: readonly Video[]) => void;
}

/** Browses the folders of the server that videos may come from. */
function FolderBrowser({ onChoose }: { readonly onChoose: (path: string) => Promise<void> }) {
  const [path, setPath] = useState<string>();
  const [list, setList] = useState<FolderList>();
  const [problem, setProblem] = useState<string>();
  const [trail, setTrail] = useState<readonly (string | undefined)[]>([]);
  useEffect(() => {
    const leaving = new AbortController();
    setProblem(undefined);
    api('GET /folders', { query: path === undefined ? {} : { path }, signal: leaving.signal }).then(
      setList,
      (error) => leaving.signal.aborted || setProblem(inWords(error)),
    );
    return () => leaving.abort();
  }, [path]);
  const enter = (to: string): void => {
    setTrail([...trail, path]);
    setPath(to);
  };
  const back = (): void => {
    setPath(trail.at(-1));
    setTrail(trail.slice(0, -1));
  };
  return (
    <div class="folders">
      <div class="row">
        {trail.length > 0 && <IconButton icon="back" label="Back" onPress={back} />}
        <span class="grow small soft clip" dir="auto">
          {list?.path ?? 'Folders of the server'}
        </span>
        {list?.path !== undefined && <Button label="Add all videos here" onPress={() => onChoose(list.path ?? '')} />}
      </div>
      {problem !== undefined && (
        <p class="problem small" role="alert">
          {problem}
        </p>
      )}
      <ul>
        {list?.entries.map((entry) => (
          <li key={entry.path}>
            <button type="button" onClick={() => (entry.kind === 'folder' ? enter(entry.path) : onChoose(entry.path))}>
              <Icon name={entry.kind === 'folder' ? 'folder' : 'film'} />
              <span class="grow clip" dir="auto">
                {entry.name}
              </span>
              {entry.size !== undefined && <span class="small soft">{sizeInWords(entry.size)}</span>}
            </button>
          </li>
        ))}
        {list?.entries.length === 0 && <li class="soft small empty">There are no videos here.</li>}
        {list?.more === true && <li class="soft small">More than is listed here. Add the whole folder instead.</li>}
      </ul>
    </div>
  );
}

/** Adds videos by address, or from a folder of the server. */
export function AddDialog({ system, options, onClose, onAdded }: AddDialogProps) {
  const add = (source: { path: string } | { url: string }): Promise<boolean> =>
    attempt(async () => {
      const { videos } = await api('POST /videos', { body: { source, options } });
      onAdded(videos);
      notify(videos.length === 1 ? `Added ${videos[0]?.name}` : `Added ${videos.length} videos`);
    });
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const url = String(new FormData(event.currentTarget as HTMLFormElement).get('url') ?? '').trim();
    if (url !== '' && (await add({ url }))) onClose();
  };
  return (
    <Dialog title="Add videos" onClose={onClose}>
      {system.urls && (
        <form class="row" onSubmit={submit}>
          <label class="field grow">
            <span>Address of a video, playlist or stream</span>
            <input class="input" name="url" type="url" placeholder="https://" required />
          </label>
          <button type="submit" class="button main end">
            Add
          </button>
        </form>
      )}
      {system.folders.length > 0 && <FolderBrowser onChoose={async (path) => void (await add({ path }))} />}
      <div class="dialog-end">
        <Button label="Close" onPress={onClose} />
      </div>
    </Dialog>
  );
}
