import { useEffect, useRef, useState } from 'preact/hooks';
import type { VideoOptions } from '../../../src/web/api/schemas/videos.ts';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { startUpload } from './file-uploads.ts';

interface DropZoneProps {
  /** How dropped videos are captioned. */
  readonly options: VideoOptions;
  /** Opens what adds videos by address or from a folder. */
  readonly onAdd: (() => void) | undefined;
}

/** Takes files that are dropped anywhere on the page, or chosen. */
export function DropZone({ options, onAdd }: DropZoneProps) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const latest = useRef(options);
  latest.current = options;
  const take = (files: FileList | null | undefined): void => {
    for (const file of files ?? []) void startUpload(file, latest.current);
  };
  useEffect(() => {
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
    const listeners = new AbortController();
    const { signal } = listeners;
    const drag = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    addEventListener('dragover', drag, { signal });
    addEventListener('dragleave', (event) => event.relatedTarget === null && setOver(false), { signal });
    addEventListener(
      'drop',
      (event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files);
      },
      { signal },
    );
    return () => listeners.abort();
  }, []);
  return (
    <section class={over ? 'drop over' : 'drop'} aria-label="Add videos">
      <Icon name="upload" />
      <div class="drop-words">
        <strong>Drop videos here</strong>
        <span class="soft small">Captions appear while the video is still being read.</span>
      </div>
      <div class="row">
        <Button icon="folder" label="Choose files" look="main" onPress={() => input.current?.click()} />
        {onAdd && <Button icon="link" label="From the server or a URL" onPress={onAdd} />}
      </div>
      <input
        ref={input}
        class="unseen"
        type="file"
        multiple
        accept="video/*,image/gif,image/png,image/jpeg,image/webp,.mkv,.ts,.m2ts,.mts,.avi,.flv,.wmv"
        aria-label="Videos to upload"
        tabIndex={-1}
        onChange={(event) => {
          take(event.currentTarget.files);
          event.currentTarget.value = '';
        }}
      />
    </section>
  );
}
