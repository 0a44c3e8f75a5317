import type { Step } from '../../../src/web/api/schemas/steps.ts';

/** A step as it is edited: a picture that was chosen has no file before the steps are saved. Times are seconds. */
export interface EditedStep extends Omit<Step, 'picture'> {
  readonly picture?: { readonly time: number; readonly name?: string | undefined } | undefined;
}

/** A guide as it is edited. */
export interface EditedGuide {
  readonly title: string;
  readonly steps: readonly EditedStep[];
}

/** The shortest step that editing makes. */
export const LEAST_STEP = 0.1;

function rounded(time: number): number {
  return Math.round(time * 1000) / 1000;
}

function replaced({ title, steps }: EditedGuide, at: number, ...by: readonly EditedStep[]): EditedGuide {
  return { title, steps: [...steps.slice(0, at), ...by, ...steps.slice(at + 1)] };
}

/** The times between which the start of a step may be moved. */
export function startLimits(steps: readonly EditedStep[], at: number): readonly [least: number, most: number] {
  const before = steps[at - 1];
  const step = steps[at];
  return [
    before === undefined ? 0 : rounded(before.start + LEAST_STEP),
    step === undefined ? 0 : rounded(step.end - LEAST_STEP),
  ];
}

/** Moves the start of a step, and with it the end of the step before, where the one is the other. */
export function moveStart(guide: EditedGuide, at: number, time: number): EditedGuide {
  const step = guide.steps[at];
  if (step === undefined) return guide;
  const [least, most] = startLimits(guide.steps, at);
  const start = rounded(Math.min(most, Math.max(least, time)));
  if (start === step.start) return guide;
  const moved = replaced(guide, at, { ...step, start });
  const before = guide.steps[at - 1];
  if (before === undefined) return moved;
  const end = before.end === step.start ? start : Math.min(before.end, start);
  return replaced(moved, at - 1, { ...before, end });
}

/** Gives a step another title. */
export function renameStep(guide: EditedGuide, at: number, title: string): EditedGuide {
  const step = guide.steps[at];
  return step === undefined || step.title === title ? guide : replaced(guide, at, { ...step, title });
}

/** Gives a step other words. */
export function rewordStep(guide: EditedGuide, at: number, text: string): EditedGuide {
  const step = guide.steps[at];
  return step === undefined || step.text === text ? guide : replaced(guide, at, { ...step, text });
}

/** Gives a step the picture of a time. */
export function choosePicture(guide: EditedGuide, at: number, time: number): EditedGuide {
  const step = guide.steps[at];
  return step === undefined ? guide : replaced(guide, at, { ...step, picture: { time: rounded(time) } });
}

/** Joins a step with the next one. It keeps its title and its picture. */
export function mergeWithNext(guide: EditedGuide, at: number): EditedGuide {
  const [step, next] = [guide.steps[at], guide.steps[at + 1]];
  if (step === undefined || next === undefined) return guide;
  const joined = {
    ...step,
    end: next.end,
    text: [step.text, next.text].filter((text) => text !== '').join(' '),
    captions: [...step.captions, ...next.captions],
  };
  return replaced(replaced(guide, at + 1), at, joined);
}

/** The step that is shown at a time; -1 for none. */
export function stepAt(steps: readonly EditedStep[], time: number): number {
  return steps.findIndex(({ start, end }) => time >= start && time < end);
}

/** Splits the step at a time. The words stay with its first part. Nothing changes where a part would be too short. */
export function splitStep(guide: EditedGuide, time: number): EditedGuide {
  const at = stepAt(guide.steps, time);
  const step = guide.steps[at];
  const middle = rounded(time);
  if (step === undefined || middle - step.start < LEAST_STEP || step.end - middle < LEAST_STEP) return guide;
  const { picture, captions, title } = step;
  const within = (from: number, to: number, number: number): EditedStep => {
    const own = picture !== undefined && picture.time >= from && picture.time < to;
    return {
      start: from,
      end: to,
      title: number === 1 ? title : `${title} (${number})`,
      text: number === 1 ? step.text : '',
      captions: captions.filter((caption) => caption.time >= from && caption.time < to),
      ...(own ? { picture } : {}),
    };
  };
  return replaced(guide, at, within(step.start, middle, 1), within(middle, step.end, 2));
}

/** Why a guide cannot be saved; undefined where it can. */
export function guideProblem({ title, steps }: EditedGuide): string | undefined {
  if (title.trim() === '') return 'The guide needs a title.';
  const untitled = steps.findIndex((step) => step.title.trim() === '');
  return untitled === -1 ? undefined : `Step ${untitled + 1} needs a title.`;
}
