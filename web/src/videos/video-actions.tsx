import { useState } from 'preact/hooks';
import type { Video } from '../../../src/web/api/schemas/videos.ts';
import { rememberVideo } from '../state/known-videos.ts';
import { api } from '../state/server.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import type { IconName } from '../ui/icon.tsx';
import { attempt } from '../ui/notices.ts';
import { actionsOf } from './video-words.ts';

const ACTIONS: Readonly<Record<'pause' | 'resume' | 'cancel' | 'retry', readonly [label: string, icon: IconName]>> = {
  pause: ['Pause', 'pause'],
  resume: ['Resume', 'play'],
  cancel: ['Cancel', 'close'],
  retry: ['Try again', 'retry'],
};

interface VideoActionsProps {
  readonly video: Video;
  readonly onRemoved?: () => void;
}

/** What can be done with a video: pause, resume, cancel, try again, remove. */
export function VideoActions({ video, onRemoved }: VideoActionsProps) {
  const [asking, setAsking] = useState(false);
  const { id, name, source } = video;
  const remove = async (): Promise<void> => {
    setAsking(false);
    if (await attempt(() => api('DELETE /videos/{id}', { params: { id } }))) onRemoved?.();
  };
  return (
    <div class="row actions">
      {actionsOf(video).map((action) => (
        <IconButton
          key={action}
          icon={ACTIONS[action][1]}
          label={`${ACTIONS[action][0]} ${name}`}
          title={ACTIONS[action][0]}
          onPress={() =>
            attempt(async () => rememberVideo(await api(`POST /videos/{id}/${action}`, { params: { id } })))
          }
        />
      ))}
      <IconButton icon="trash" label={`Remove ${name}`} title="Remove" onPress={() => setAsking(true)} />
      {asking && (
        <Dialog title="Remove this video?" onClose={() => setAsking(false)}>
          <p dir="auto">
            <strong>{name}</strong>
          </p>
          <p>
            Its captions and your edits are deleted here
            {source.kind === 'upload' ? ', and so is the uploaded file.' : '. The video itself stays where it is.'}
          </p>
          <div class="dialog-end">
            <Button label="Keep it" onPress={() => setAsking(false)} />
            <Button icon="trash" label="Remove" look="danger" onPress={remove} />
          </div>
        </Dialog>
      )}
    </div>
  );
}
