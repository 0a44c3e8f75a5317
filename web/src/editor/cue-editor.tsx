import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { PROFILE_NAMES, type ProfileName } from '../../../src/pipeline/cues/profiles.ts';
import type { Video } from '../../../src/web/api/schemas/videos.ts';
import { cueAt } from '../player/cue-at.ts';
import { ExportMenu } from '../player/export-menu.tsx';
import { Screen } from '../player/screen.tsx';
import { jobsOf } from '../state/known-jobs.ts';
import { askBeforeLeaving, hashOf } from '../state/route.ts';
import { Button } from '../ui/button.tsx';
import { ViewHead } from '../ui/heading.tsx';
import { Icon } from '../ui/icon.tsx';
import { JobList } from '../ui/job-list.tsx';
import { attempt, notify } from '../ui/notices.ts';
import { checkEdits } from './check-edits.ts';
import { ConflictNotice } from './conflict-notice.tsx';
import { newKey } from './cue-keys.ts';
import { type CueCommands, CueRow } from './cue-row.tsx';
import { addCue, changeText, mergeWithNext, removeCue, setTimes, shiftCues, splitCue } from './edit-cues.ts';
import { type EditSession, openEdits } from './edit-session.ts';
import { RecaptionDialog } from './recaption-dialog.tsx';
import { ShiftDialog, type ShiftScope } from './shift-dialog.tsx';
import { useShortcuts } from './shortcuts.ts';

interface CueEditorProps {
  readonly video: Video;
  readonly at?: number | undefined;
}

/** The keys of the cues that a shift concerns. */
function keysOf({ cues }: EditSession, key: string, scope: ShiftScope): ReadonlySet<string> {
  const all = cues.value.map((cue) => cue.key);
  if (scope === 'one') return new Set([key]);
  return new Set(scope === 'all' ? all : all.slice(all.indexOf(key)));
}

/** Edits the cues of a video, beside the video. */
export function CueEditor({ video, at }: CueEditorProps) {
  const { id } = video;
  const player = useRef<HTMLVideoElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const [session] = useState(() => openEdits(id));
  const time = useSignal(at ?? 0);
  const selected = useSignal<string | undefined>(undefined);
  const [profile, setProfile] = useState<ProfileName>(video.options.profile ?? 'web');
  const [dialog, setDialog] = useState<{ readonly kind: 'shift' | 'recaption'; readonly key: string }>();
  const shown = useComputed(() =>
    session.cues.value.map(({ start, end, text }) => ({ start: start / 1e6, end: end / 1e6, text })),
  );
  const playing = useComputed(() => session.cues.value[cueAt(session.cues.value, time.value * 1e6)]?.key);
  const working = video.state === 'running' || video.state === 'queued';

  useEffect(() => {
    if (session.history.peek() === undefined) void session.load();
    else if (!working) void attempt(session.catchUp);
  }, [working]);
  useEffect(() => session.close, []);
  useEffect(() => {
    const leaving = new AbortController();
    addEventListener(
      'beforeunload',
      (event) => {
        if (session.dirty.peek()) event.preventDefault();
      },
      { signal: leaving.signal },
    );
    askBeforeLeaving(() => {
      if (!session.dirty.peek()) return true;
      const leave = confirm('Leave without saving? Your edits stay in this browser and are offered again.');
      return leave;
    });
    return () => {
      leaving.abort();
      askBeforeLeaving(undefined);
    };
  }, []);

  const save = async (): Promise<void> => {
    if (!session.dirty.peek()) return;
    if ((await attempt(session.save)) && session.elsewhere.peek() === undefined) notify('Saved');
  };
  const select = (key: string | undefined): void => {
    session.pause();
    selected.value = key;
  };
  const add = (): void => {
    const key = newKey();
    session.apply((cues) => addCue(cues, time.peek() * 1e6, key));
    select(key);
    requestAnimationFrame(() =>
      list.current?.querySelector(`[data-key="${key}"]`)?.scrollIntoView({ block: 'nearest' }),
    );
  };
  const move = (by: number): void => {
    const cues = session.cues.peek();
    const next = cues[cues.findIndex(({ key }) => key === selected.peek()) + by];
    if (next === undefined) return;
    select(next.key);
    commands.seek(next.start);
    requestAnimationFrame(() =>
      list.current?.querySelector(`[data-key="${next.key}"]`)?.scrollIntoView({ block: 'nearest' }),
    );
  };
  const commands: CueCommands = {
    select,
    changeText: (key, text) => session.apply((cues) => changeText(cues, key, text), `text ${key}`),
    setTimes: (key, start, end) => session.apply((cues) => setTimes(cues, key, start, end)),
    split: (key, offset) => session.apply((cues) => splitCue(cues, key, offset, newKey())),
    merge: (key) => session.apply((cues) => mergeWithNext(cues, key)),
    remove: (key) => {
      session.apply((cues) => removeCue(cues, key));
      select(undefined);
      list.current?.focus();
    },
    shift: (key) => setDialog({ kind: 'shift', key }),
    recaption: (key) => setDialog({ kind: 'recaption', key }),
    seek: (micros) => {
      time.value = micros / 1e6;
      if (player.current !== null) player.current.currentTime = micros / 1e6 + 0.001;
    },
    now: () => time.peek() * 1e6,
  };
  useShortcuts({
    undo: session.undo,
    redo: session.redo,
    save: () => void save(),
    next: () => move(1),
    previous: () => move(-1),
  });

  const cues = session.cues.value;
  const violations = checkEdits(cues, profile);
  const history = session.history.value;
  const asked = cues.find(({ key }) => key === dialog?.key);
  return (
    <>
      <ViewHead
        title={video.name}
        before={
          <a
            class="button plain icon"
            href={hashOf({ view: 'video', id })}
            aria-label="Back to the player"
            title="Back to the player"
          >
            <Icon name="back" />
          </a>
        }
      >
        <Button icon="undo" label="Undo" iconOnly disabled={!history?.past.length} onPress={session.undo} />
        <Button icon="redo" label="Redo" iconOnly disabled={!history?.future.length} onPress={session.redo} />
        <ExportMenu id={id} />
        <Button icon="save" label="Save" look="main" disabled={!session.dirty.value} onPress={save} />
      </ViewHead>
      <div class="stack">
        {working && !session.complete.value && (
          <div class="notice">
            <div>
              Captions are still arriving. They are added to the cues as they come; your edits stay as they are.
            </div>
          </div>
        )}
        {session.problem.value !== undefined && (
          <div class="notice bad" role="alert">
            <div>{session.problem.value}</div>
          </div>
        )}
        {session.restored.value && (
          <div class="notice">
            <div>Edits that were not saved last time are back. Undo shows the track as it was saved.</div>
          </div>
        )}
        <ConflictNotice session={session} />
        <div class="watch wide-list">
          <div class="stack">
            <Screen video={video} player={player} cues={shown} time={time} at={at} />
            <div class="row">
              <label class="row small">
                Readability profile
                <select
                  class="input narrow"
                  value={profile}
                  onChange={(event) => setProfile(event.currentTarget.value as ProfileName)}
                >
                  {PROFILE_NAMES.map((name) => (
                    <option key={name} value={name}>
                      {name}
                    </option>
                  ))}
                </select>
              </label>
              <span class="small soft" role="status">
                {violations.size === 0 ? 'All cues fit.' : `${violations.size} of ${cues.length} cues do not fit.`}
              </span>
              <span class="grow" />
              {session.origin.value === 'edits' && (
                <Button label="Back to the model’s cues" look="plain" onPress={() => attempt(session.takeModel)} />
              )}
            </div>
            <JobList jobs={jobsOf(id)} named={false} />
            <p class="small soft">
              Keys: <kbd>Ctrl</kbd>+<kbd>Enter</kbd> splits at the cursor, <kbd>Alt</kbd>+<kbd>↓</kbd>/<kbd>↑</kbd> goes
              to the next or previous cue, <kbd>Ctrl</kbd>+<kbd>Z</kbd> undoes, <kbd>Ctrl</kbd>+<kbd>S</kbd> saves.
            </p>
          </div>
          <section class="card transcript editing" aria-label="Cues">
            <header class="row">
              <h2 class="grow">
                Cues <span class="soft small figures">{cues.length}</span>
              </h2>
              <Button icon="add" label="Add here" onPress={add} disabled={history === undefined} />
            </header>
            <ul ref={list} tabIndex={-1}>
              {cues.map((cue, place) => (
                <CueRow
                  key={cue.key}
                  cue={cue}
                  number={place + 1}
                  selected={selected.value === cue.key}
                  violations={violations.get(cue.key)}
                  profile={profile}
                  playing={playing}
                  commands={commands}
                />
              ))}
            </ul>
            {history !== undefined && cues.length === 0 && (
              <p class="empty">There are no cues. Add one where the video is.</p>
            )}
          </section>
        </div>
      </div>
      {dialog?.kind === 'shift' && (
        <ShiftDialog
          onClose={() => setDialog(undefined)}
          onShift={(by, scope) => session.apply((all) => shiftCues(all, keysOf(session, dialog.key, scope), by))}
        />
      )}
      {dialog?.kind === 'recaption' && asked !== undefined && (
        <RecaptionDialog
          id={id}
          at={Math.round((asked.start + asked.end) / 2000) / 1000}
          onClose={() => setDialog(undefined)}
          onUse={(text) => session.apply((all) => changeText(all, asked.key, text))}
        />
      )}
    </>
  );
}
