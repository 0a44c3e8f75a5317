import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../../../src/web/api/client.ts';
import type { ApiGuide } from '../../../src/web/api/schemas/steps.ts';
import type { Video } from '../../../src/web/api/schemas/videos.ts';
import { beginHistory, endJoining, recordChange, redo, undo } from '../editor/edit-history.ts';
import { Screen } from '../player/screen.tsx';
import { askBeforeLeaving } from '../state/route.ts';
import { api } from '../state/server.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { attempt, notify } from '../ui/notices.ts';
import {
  choosePicture,
  type EditedGuide,
  guideProblem,
  mergeWithNext,
  moveStart,
  renameStep,
  rewordStep,
  splitStep,
} from './edit-steps.ts';
import { FindSteps } from './find-steps.tsx';
import { GuideExport } from './guide-export.tsx';
import { ReplacedStepsCard } from './replaced-steps.tsx';
import { StepList } from './step-list.tsx';
import { StepTimeline } from './step-timeline.tsx';

interface StepEditorProps {
  readonly video: Video;
  /** As it was loaded. */
  readonly loaded: ApiGuide;
  /** Loads it again. */
  readonly onReload: () => Promise<void>;
  /** Takes in what was saved. */
  readonly onSaved: (guide: ApiGuide) => void;
  /** Somebody else has saved. */
  readonly stale: boolean;
}

/** The steps of a video: boundaries, titles, pictures. */
export function StepEditor({ video, loaded, onReload, onSaved, stale }: StepEditorProps) {
  const player = useRef<HTMLVideoElement>(null);
  const time = useSignal(0);
  const history = useSignal(beginHistory<EditedGuide>({ title: loaded.title, steps: loaded.steps }));
  const [saving, setSaving] = useState(false);
  const [saved, setSaved] = useState(history.value.present);
  const guide = history.value.present;
  const cues = useComputed(() =>
    history.value.present.steps.map(({ start, end, title }) => ({ start, end, text: title })),
  );
  const changed = guide !== saved;
  const problem = guideProblem(guide);

  useEffect(() => {
    if (!changed) return;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener('beforeunload', warn);
    askBeforeLeaving(() => confirm('The changes to the steps are not saved. Leave all the same?'));
    return () => {
      removeEventListener('beforeunload', warn);
      askBeforeLeaving(undefined);
    };
  }, [changed]);

  const change = (next: EditedGuide, during?: string): void => {
    history.value = recordChange(history.value, next, during);
  };
  const settle = (): void => {
    history.value = endJoining(history.value);
  };
  const seek = (seconds: number): void => {
    time.value = seconds;
    if (player.current !== null) player.current.currentTime = seconds + 0.001;
  };
  const save = async (): Promise<void> => {
    const body = {
      title: guide.title,
      steps: guide.steps.map(({ picture, ...step }) => ({
        ...step,
        ...(picture === undefined ? {} : { picture: { time: picture.time } }),
      })),
    };
    setSaving(true);
    await attempt(async () => {
      try {
        const answer = await api('PUT /videos/{id}/steps', {
          params: { id: video.id },
          body,
          ifMatch: loaded.revision,
        });
        const fresh = { title: answer.title, steps: answer.steps };
        history.value = beginHistory<EditedGuide>(fresh);
        setSaved(fresh);
        onSaved(answer);
        notify('Saved.');
      } catch (error) {
        if (!(error instanceof ApiError) || error.problem.code !== 'edits-conflict') throw error;
        throw new Error('Another tab has saved other steps. Load them, and repeat your changes.');
      }
    });
    setSaving(false);
  };

  const reload = async (): Promise<void> => {
    if (changed && !confirm('Your changes that are not saved will be lost. Load the other steps all the same?')) return;
    await onReload();
  };

  return (
    <div class="stack">
      {stale && !saving && (
        <div class="notice warn" role="alert">
          <div>These steps were found again or saved elsewhere.</div>
          <Button icon="retry" label="Load them" onPress={reload} />
        </div>
      )}
      <div class="steps-top">
        <Screen video={video} player={player} cues={cues} time={time} />
        <StepTimeline
          steps={guide.steps}
          duration={loaded.duration}
          time={time}
          onMove={(at, to) => change(moveStart(guide, at, to), `move ${at}`)}
          onMoved={settle}
          onSeek={seek}
        />
        <p class="small soft">Drag the boundaries, or move them with the arrow keys, and with Page Up and Page Down.</p>
        <div class="row">
          <Button icon="save" label="Save" look="main" disabled={!changed || problem !== undefined} onPress={save} />
          <IconButton
            icon="undo"
            label="Undo"
            disabled={history.value.past.length === 0}
            onPress={() => {
              history.value = undo(history.value);
            }}
          />
          <IconButton
            icon="redo"
            label="Redo"
            disabled={history.value.future.length === 0}
            onPress={() => {
              history.value = redo(history.value);
            }}
          />
          <Button icon="split" label="Split here" onPress={() => change(splitStep(guide, time.value))} />
          <span class="small problem" role="status">
            {problem}
          </span>
        </div>
        <label class="field">
          <span>Title of the guide</span>
          <input
            class="input"
            dir="auto"
            maxLength={1000}
            value={guide.title}
            onInput={(event) => change({ ...guide, title: event.currentTarget.value }, 'title')}
            onBlur={settle}
          />
        </label>
      </div>
      <StepList
        id={video.id}
        guide={guide}
        now={() => time.value}
        onRename={(at, title) => change(renameStep(guide, at, title), `rename ${at}`)}
        onReword={(at, text) => change(rewordStep(guide, at, text), `reword ${at}`)}
        onLeft={settle}
        onMerge={(at) => change(mergeWithNext(guide, at))}
        onPicture={(at, to) => change(choosePicture(guide, at, to))}
        onSeek={seek}
      />
      {changed ? <p class="soft">Save the steps to export them.</p> : <GuideExport video={video} />}
      <FindSteps video={video} again />
      <ReplacedStepsCard id={video.id} onUse={(before) => change(before)} />
    </div>
  );
}
