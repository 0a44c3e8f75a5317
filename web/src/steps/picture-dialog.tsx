import { useEffect, useState } from 'preact/hooks';
import type { FrameCaption } from '../../../src/web/api/schemas/videos.ts';
import { addressOf, api, inWords } from '../state/server.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { exactTime } from '../ui/show-time.ts';
import type { EditedStep } from './edit-steps.ts';

interface PictureDialogProps {
  readonly id: string;
  readonly step: EditedStep;
  /** What the player shows, in seconds. */
  readonly now: number;
  readonly onChoose: (time: number) => void;
  readonly onClose: () => void;
}

/** Keyframes that are offered. */
const OFFERED = 12;
const PAGE = 1000;
/** Keyframes that are looked through. */
const MOST = 20_000;

/** The keyframes of a step, evenly spread. */
async function keyframesOf(id: string, { start, end }: EditedStep): Promise<FrameCaption[]> {
  const found: FrameCaption[] = [];
  for (let from: number | undefined = 0; from !== undefined && from < MOST; ) {
    const page: { captions: FrameCaption[]; next?: number | undefined } = await api('GET /videos/{id}/captions', {
      params: { id },
      query: { from, limit: PAGE },
    });
    found.push(...page.captions.filter(({ time }) => time >= start && time < end));
    const last = page.captions.at(-1);
    from = last === undefined || last.time >= end ? undefined : page.next;
  }
  const each = Math.max(1, found.length / OFFERED);
  return Array.from({ length: Math.min(OFFERED, found.length) }, (_, at) => found[Math.floor(at * each)]).filter(
    (one) => one !== undefined,
  );
}

/** Chooses the picture of a step: a keyframe, or what the player shows. */
export function PictureDialog({ id, step, now, onChoose, onClose }: PictureDialogProps) {
  const [frames, setFrames] = useState<readonly FrameCaption[]>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    keyframesOf(id, step).then(setFrames, (error) => setProblem(inWords(error)));
  }, []);
  const inside = now >= step.start && now < step.end;
  return (
    <Dialog title={`Picture of "${step.title}"`} onClose={onClose}>
      {problem !== undefined && (
        <div class="notice bad" role="alert">
          <div>{problem}</div>
        </div>
      )}
      <ul class="frame-choice">
        {frames?.map(({ index, time, text }) => (
          <li key={index}>
            <button type="button" class="sighting" onClick={() => onChoose(time)}>
              <img src={addressOf('GET /videos/{id}/pictures/{index}', { params: { id, index } })} alt={text} />
              <span class="small figures">{exactTime(time * 1e6)}</span>
            </button>
          </li>
        ))}
      </ul>
      {frames?.length === 0 && <p class="soft">The step has no captioned keyframe. Choose a moment with the player.</p>}
      <div class="dialog-end">
        <Button
          label={`What the player shows (${exactTime(now * 1e6)})`}
          disabled={!inside}
          title={inside ? 'Take this frame' : 'The player is at another step'}
          onPress={() => onChoose(now)}
        />
        <Button label="Cancel" onPress={onClose} />
      </div>
    </Dialog>
  );
}
