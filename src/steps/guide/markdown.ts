import { counted } from '../../core/text/wording.ts';
import { clock, type Guide, type GuideStep, MACHINE_LABEL, MACHINE_NOTICE, playFrom, shownCaptions } from './guide.ts';
import type { PageImage } from './guide-page.ts';

/** Escapes text for Markdown. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_[\]<>#|~]/g, (mark) => `\\${mark}`)
    .replace(/&(?=#?\w+;)/g, '&amp;')
    .replace(/^([-+]|\d+(?=[.)]))/, '\\$1')
    .replace(/^\\(\d+)/, '$1\\');
}

function fileLink(file: string): string {
  return `(${file.split('/').map(encodeURIComponent).join('/')})`;
}

function stepLines(step: GuideStep, at: number, video: string, link: (file: string) => string): string {
  const { title, text, picture, start, end } = step;
  const shown = shownCaptions(step);
  const address = playFrom(video, start);
  const parts = [`## ${at + 1}. ${escapeMarkdown(title)}`, `[${clock(start)} – ${clock(end)}](${address})`];
  if (picture !== undefined) {
    parts.push(`[![${escapeMarkdown(title)}]${link(picture.file)}](${address})`);
  }
  if (text !== '') parts.push(escapeMarkdown(text));
  if (shown !== '') parts.push(`*${MACHINE_LABEL} ${escapeMarkdown(shown)}*`);
  return parts.join('\n\n');
}

function guideLines({ title, source, steps }: Guide, link: (file: string) => string): string[] {
  return [
    `# ${escapeMarkdown(title)}`,
    `${counted(steps.length, 'step')}, ${clock(source.duration)}`,
    ...steps.map((step, at) => stepLines(step, at, source.video, link)),
    ...(steps.some((step) => shownCaptions(step) !== '') ? [MACHINE_NOTICE] : []),
  ];
}

/** A guide as Markdown (CommonMark), with links to its pictures and to the video. */
export function guideToMarkdown(guide: Guide): string {
  return `${guideLines(guide, fileLink).join('\n\n')}\n`;
}

/** A guide as one file of Markdown: its pictures are in it, behind the text. A step whose picture is missing has none. */
export function guideToOneMarkdown(guide: Guide, images: ReadonlyMap<string, PageImage>): string {
  const files = [...images.keys()];
  const steps = guide.steps.map(({ picture, ...step }) =>
    picture === undefined || !images.has(picture.file) ? step : { ...step, picture },
  );
  const label = (file: string): string => `[picture-${files.indexOf(file) + 1}]`;
  const pictures = [...images].map(([file, { address }]) => `${label(file)}: ${address}\n`);
  return `${guideLines({ ...guide, steps }, label).join('\n\n')}\n\n${pictures.join('')}`;
}
