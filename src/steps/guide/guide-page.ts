import { escapeHtml, htmlPage } from '../../core/text/html.ts';
import { counted } from '../../core/text/wording.ts';
import { clock, type Guide, type GuideStep, MACHINE_LABEL, MACHINE_NOTICE, playFrom, shownCaptions } from './guide.ts';

/** A picture that is embedded in the page. */
export interface PageImage {
  /** `data:image/jpeg;base64,...` */
  readonly address: string;
  readonly width: number;
  readonly height: number;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1c1c1a; --soft: #66645e; --rule: #dedbd2; --paper: #fdfcf9; --link: #0b5c8a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e9e6df; --soft: #a3a097; --rule: #3a3833; --paper: #191816; --link: #7cc0e8; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 3rem 1.25rem 5rem; max-width: 44rem; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.6 Charter, "Bitstream Charter", "Sitka Text", Cambria, Georgia, serif; overflow-wrap: break-word; }
h1 { font-size: 2.1rem; line-height: 1.15; letter-spacing: -0.01em; margin: 0 0 .4rem; text-wrap: balance; }
h2 { font-size: 1.35rem; line-height: 1.25; margin: 0 0 .2rem; text-wrap: balance; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: .15em; }
.soft, .time, nav, figcaption { font-family: system-ui, sans-serif; font-size: .875rem; color: var(--soft); }
nav ol { list-style: none; margin: 1.5rem 0 0; padding: .75rem 0; border-block: 1px solid var(--rule); }
nav li { padding: .15rem 0; }
nav .at { color: var(--soft); min-width: 3.6em; text-align: right; font-variant-numeric: tabular-nums; flex: none; }
nav a { display: flex; gap: .75rem; color: var(--ink); text-decoration: none; }
nav a:hover { text-decoration: underline; }
section { margin-top: 3rem; break-inside: avoid; }
.number { color: var(--soft); font-weight: normal; margin-right: .35em; }
.time { margin: 0 0 .9rem; font-variant-numeric: tabular-nums; }
figure { margin: 0 0 .9rem; }
figure img { display: block; width: 100%; height: auto; border-radius: 6px; background: var(--rule); }
p { margin: 0 0 .7rem; }
figcaption { margin-top: .45rem; font-style: italic; }
footer { margin-top: 4rem; padding-top: .75rem; border-top: 1px solid var(--rule); }
@media print { body { max-width: none; padding: 0; } nav { display: none; } a { color: inherit; } section { margin-top: 2rem; } }
`;

function sectionOf(step: GuideStep, at: number, video: string, image: PageImage | undefined): string {
  const { title, text, start, end } = step;
  const address = escapeHtml(playFrom(video, start));
  const shown = escapeHtml(shownCaptions(step));
  const alt = escapeHtml(title);
  const figcaption = shown === '' ? '' : `<figcaption>${MACHINE_LABEL} ${shown}</figcaption>`;
  const picture =
    image === undefined
      ? ''
      : `<a href="${address}"><img src="${image.address}" width="${image.width}" height="${image.height}" alt="${alt}"></a>`;
  return [
    `<section id="step-${at + 1}">`,
    `<h2><span class="number">${at + 1}.</span>${escapeHtml(title)}</h2>`,
    `<p class="time"><a href="${address}">▶ ${clock(start)}</a> – ${clock(end)}</p>`,
    ...(picture + figcaption === '' ? [] : [`<figure>${picture}${figcaption}</figure>`]),
    ...(text === '' ? [] : [`<p>${escapeHtml(text)}</p>`]),
    '</section>',
  ].join('\n');
}

/**
 * A guide as one self-contained HTML file without scripts; only its links lead to the video. Its content security policy
 * allows nothing but its own style and pictures.
 * @param images by the file of a step's picture; a step whose picture is missing here has none
 */
export function guideToHtml(guide: Guide, images: ReadonlyMap<string, PageImage>): string {
  const { title, source, steps, tool, model } = guide;
  const contents = steps.map(
    (step, at) =>
      `<li><a href="#step-${at + 1}"><span class="at">${clock(step.start)}</span>${escapeHtml(step.title)}</a></li>`,
  );
  const sections = steps.map((step, at) =>
    sectionOf(step, at, source.video, step.picture === undefined ? undefined : images.get(step.picture.file)),
  );
  const body = `<header>
<h1>${escapeHtml(title)}</h1>
<p class="soft">${counted(steps.length, 'step')}, ${clock(source.duration)} · <a href="${escapeHtml(playFrom(source.video, 0))}">▶ play the video</a></p>
<nav aria-label="Steps"><ol>
${contents.join('\n')}
</ol></nav>
</header>
<main>
${sections.join('\n')}
</main>
<footer class="soft">Made by ${escapeHtml(tool)}, model ${escapeHtml(`${model.name}@${model.version}`)}. ${steps.some((step) => shownCaptions(step) !== '') ? MACHINE_NOTICE : ''}</footer>`;
  return htmlPage(title, STYLE, body);
}
