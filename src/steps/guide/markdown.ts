import { counted } from '../../core/text/wording.ts';
import { clock, type Guide, type GuideStep, MACHINE_LABEL, MACHINE_NOTICE, playFrom, shownCaptions } from './guide.ts';

/** Escapes text for Markdown. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_[\]<>#|~]/g, (mark) => `\\${mark}`)
    .replaceAll('&', '&amp;')
    .replace(/^([-+]|\d+(?=[.)]))/, '\\$1')
    .replace(/^\\(\d+)/, '$1\\');
}

function stepLines(step: GuideStep, at: number, video: string): string {
  const { title, text, picture, start, end } = step;
  const shown = shownCaptions(step);
  const address = playFrom(video, start);
  const parts = [`## ${at + 1}. ${escapeMarkdown(title)}`, `[${clock(start)} – ${clock(end)}](${address})`];
  if (picture !== undefined) {
    parts.push(
      `[![${escapeMarkdown(title)}](${picture.file.split('/').map(encodeURIComponent).join('/')})](${address})`,
    );
  }
  if (text !== '') parts.push(escapeMarkdown(text));
  if (shown !== '') parts.push(`*${MACHINE_LABEL} ${escapeMarkdown(shown)}*`);
  return parts.join('\n\n');
}

/** A guide as Markdown (CommonMark), with links to its pictures and to the video. */
export function guideToMarkdown(guide: Guide): string {
  const { title, source, steps } = guide;
  const parts = [
    `# ${escapeMarkdown(title)}`,
    `${counted(steps.length, 'step')}, ${clock(source.duration)}`,
    ...steps.map((step, at) => stepLines(step, at, source.video)),
    ...(steps.some((step) => shownCaptions(step) !== '') ? [MACHINE_NOTICE] : []),
  ];
  return `${parts.join('\n\n')}\n`;
}
