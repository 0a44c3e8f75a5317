import { useState } from 'preact/hooks';
import { addressOf } from '../state/server.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { clockTime } from '../ui/show-time.ts';
import type { EditedGuide, EditedStep } from './edit-steps.ts';
import { PictureDialog } from './picture-dialog.tsx';

interface StepListProps {
  readonly id: string;
  readonly guide: EditedGuide;
  /** What the player shows, in seconds. */
  readonly now: () => number;
  readonly onRename: (at: number, title: string) => void;
  readonly onReword: (at: number, text: string) => void;
  /** The field that was edited is left. */
  readonly onLeft: () => void;
  readonly onMerge: (at: number) => void;
  readonly onPicture: (at: number, time: number) => void;
  readonly onSeek: (time: number) => void;
}

function Picture({ id, picture }: { readonly id: string; readonly picture: EditedStep['picture'] }) {
  if (picture?.name === undefined) {
    return (
      <span class="step-picture small soft">
        {picture === undefined ? 'Chosen when saved' : `${clockTime(picture.time * 1e6)}, shown when saved`}
      </span>
    );
  }
  const { name } = picture;
  return (
    <img
      class="step-picture"
      src={addressOf('GET /videos/{id}/steps/pictures/{name}', { params: { id, name } })}
      alt=""
    />
  );
}

/** The steps: titles, pictures, and what they are made of. */
export function StepList({ id, guide, now, onRename, onReword, onLeft, onMerge, onPicture, onSeek }: StepListProps) {
  const [choosing, setChoosing] = useState<number>();
  const chosen = choosing === undefined ? undefined : guide.steps[choosing];
  return (
    <>
      <ol class="steps">
        {guide.steps.map(({ start, end, title, text, captions, picture }, at) => (
          <li key={at} class="card step">
            <Picture id={id} picture={picture} />
            <div class="step-words">
              <label class="field">
                <span>Title of step {at + 1}</span>
                <input
                  class="input"
                  dir="auto"
                  maxLength={1000}
                  aria-invalid={title.trim() === ''}
                  value={title}
                  onInput={(event) => onRename(at, event.currentTarget.value)}
                  onBlur={onLeft}
                />
              </label>
              <label class="field">
                <span>Words of step {at + 1}</span>
                <textarea
                  class="input"
                  dir="auto"
                  rows={Math.min(6, Math.max(2, Math.ceil(text.length / 70)))}
                  maxLength={1_000_000}
                  value={text}
                  onInput={(event) => onReword(at, event.currentTarget.value)}
                  onBlur={onLeft}
                />
              </label>
              {text === '' && captions.length > 0 && (
                <p class="small soft" dir="auto">
                  {captions.map((caption) => caption.text).join('; ')}
                </p>
              )}
              <div class="row">
                <Button
                  icon="play"
                  label={`${clockTime(start * 1e6)} to ${clockTime(end * 1e6)}`}
                  title={`Play step ${at + 1}`}
                  onPress={() => onSeek(start)}
                />
                <Button icon="eye" label="Picture" onPress={() => setChoosing(at)}>
                  <span class="unseen">of step {at + 1}</span>
                </Button>
                {at + 1 < guide.steps.length && (
                  <IconButton icon="merge" label={`Merge step ${at + 1} with the next`} onPress={() => onMerge(at)} />
                )}
              </div>
            </div>
          </li>
        ))}
      </ol>
      {chosen !== undefined && choosing !== undefined && (
        <PictureDialog
          id={id}
          step={chosen}
          now={now()}
          onClose={() => setChoosing(undefined)}
          onChoose={(time) => {
            onPicture(choosing, time);
            setChoosing(undefined);
          }}
        />
      )}
    </>
  );
}
