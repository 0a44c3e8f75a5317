import { describe, expect, test } from 'vitest';
import { StepsError } from '../../../src/steps/errors.ts';
import { guideToVtt } from '../../../src/steps/guide/chapters-vtt.ts';
import { clock, type Guide, playFrom } from '../../../src/steps/guide/guide.ts';
import { guideToHtml } from '../../../src/steps/guide/guide-page.ts';
import { escapeMarkdown, guideToMarkdown } from '../../../src/steps/guide/markdown.ts';
import { guideFromJson, guideToJson } from '../../../src/steps/guide/steps-json.ts';

const SECOND = 1_000_000;
const GUIDE: Guide = {
  title: 'A shelf',
  tool: 'secondglance 0.0.0',
  model: { name: 'tiny', version: '1', sha256: '00' },
  source: { video: '../my films/shelf (1).mp4', duration: 60.0004 * SECOND },
  words: { subtitles: 'shelf.srt', chapters: 0 },
  steps: [
    {
      start: 0,
      end: 20.5 * SECOND,
      title: 'Count the boards',
      text: 'Count them twice.',
      captions: [{ time: SECOND, text: 'A man with boards', confidence: 0.5 }],
      picture: { file: 'pictures/at-4.000.jpg', time: 4 * SECOND },
    },
    { start: 20.5 * SECOND, end: 60.0004 * SECOND, title: 'Put them up', text: '', captions: [] },
  ],
};

const JSON_TEXT = guideToJson(GUIDE);

/** The steps.json after an edit. */
function edited(edit: (document: Record<string, never> & { steps: Record<string, unknown>[] }) => void): string {
  const document = JSON.parse(JSON_TEXT);
  edit(document);
  return JSON.stringify(document, undefined, 2);
}

function complaint(text: string): string {
  try {
    guideFromJson(text, 'steps.json');
  } catch (error) {
    expect(error).toBeInstanceOf(StepsError);
    expect(error).toMatchObject({ code: 'steps-invalid', retryable: false });
    return (error as Error).message;
  }
  throw new Error('there was no complaint');
}

describe('steps.json', () => {
  test('comes back as it was, but for times finer than a millisecond', () => {
    const rounded = { ...GUIDE, source: { ...GUIDE.source, duration: 60 * SECOND } };
    const [first, second] = GUIDE.steps;
    expect(guideFromJson(JSON_TEXT, 'steps.json')).toEqual({
      ...rounded,
      steps: [first, { ...second, end: 60 * SECOND }],
    });
    expect(guideToJson(guideFromJson(JSON_TEXT, 'steps.json'))).toBe(JSON_TEXT);
  });

  test('takes times as people write them', () => {
    const text = edited(({ steps }) => {
      Object.assign(steps[0] ?? {}, { end: '0:20.5' });
      Object.assign(steps[1] ?? {}, { start: ' 0:20.5 ', end: '1:00' });
    });
    expect(guideFromJson(text, 'steps.json').steps.map(({ start, end }) => [start, end])).toEqual([
      [0, 20.5 * SECOND],
      [20.5 * SECOND, 60 * SECOND],
    ]);
  });

  test('takes what a person writes: fewer keys, more white space, a byte order mark', () => {
    const text = edited(({ steps }) => {
      steps[0] = { start: 0, end: 3, title: ' Count\n the  boards ' };
    });
    expect(guideFromJson(`\uFEFF${text}`, 'steps.json').steps[0]).toEqual({
      start: 0,
      end: 3 * SECOND,
      title: 'Count the boards',
      text: '',
      captions: [],
    });
  });

  test('reads version 1, which called the captions "seen"', () => {
    const old = JSON_TEXT.replace('"version": 2', '"version": 1').replaceAll('"captions":', '"seen":');
    expect(old).not.toBe(JSON_TEXT);
    expect(guideFromJson(old, 'steps.json')).toEqual(guideFromJson(JSON_TEXT, 'steps.json'));
    const both = edited(({ steps }) => Object.assign(steps[0] ?? {}, { seen: [] }));
    expect(complaint(both)).toContain('step 1: unknown key "seen"');
  });

  test.each<[string, (steps: Record<string, unknown>[]) => void, string]>([
    ['no title', (steps) => delete steps[0]?.title, 'step 1: "title" is missing'],
    [
      'a misspelt key',
      (steps) => {
        delete steps[0]?.title;
        Object.assign(steps[0] ?? {}, { titel: 'x' });
      },
      'step 1: "title" is missing; unknown key "titel"',
    ],
    ['an empty title', (steps) => Object.assign(steps[1] ?? {}, { title: ' ' }), 'step 2, title: a step needs a title'],
    [
      'a time as text',
      (steps) => Object.assign(steps[1] ?? {}, { start: 'soon' }),
      'step 2, start: write seconds (12.5) or a time ("0:12.5")',
    ],
    ['a negative time', (steps) => Object.assign(steps[0] ?? {}, { start: -1 }), 'step 1, start: '],
    ['a slip in a key', (steps) => Object.assign(steps[0] ?? {}, { tittle: 'x' }), 'step 1: unknown key "tittle"'],
    [
      'an end before the start',
      (steps) => Object.assign(steps[0] ?? {}, { end: 0 }),
      'step 1 ends at 0, which is not after its start 0',
    ],
    [
      'an overlap',
      (steps) => Object.assign(steps[1] ?? {}, { start: 15 }),
      'step 2 starts at 15, but step 1 ends at 20.5: change one of the two',
    ],
    [
      'another order',
      (steps) => steps.reverse(),
      'step 2 starts at 0, before step 1 (20.5): put the steps in order of time',
    ],
    [
      'an end after the video',
      (steps) => Object.assign(steps[1] ?? {}, { end: 61 }),
      'step 2 ends at 61, after the end of the video (60)',
    ],
    ['no steps', (steps) => steps.splice(0), 'steps: a guide needs at least one step'],
  ])('says what is wrong: %s', (_, edit, message) => {
    expect(complaint(edited(({ steps }) => edit(steps)))).toContain(`steps.json: ${message}`);
  });

  test('says where the JSON is invalid', () => {
    const lines = JSON_TEXT.split('\n');
    const at = lines.findIndex((line) => line.includes('Put them up'));
    lines[at] = (lines[at] ?? '').replace(',', '');
    expect(complaint(lines.join('\n'))).toMatch(
      new RegExp(`^steps.json: invalid JSON at line ${at + 2}, column \\d+: `),
    );
    expect(complaint(JSON_TEXT.slice(0, 200))).toContain('invalid JSON at line ');
    expect(complaint('')).toContain('invalid JSON at line 1, column 1');
  });

  test('says what else it is', () => {
    for (const other of ['[]', 'null', '7', '{"steps":[]}']) {
      expect(complaint(other)).toContain('not a steps.json of secondglance');
    }
    const next = edited((document) => Object.assign(document, { version: 3 }));
    expect(complaint(next)).toContain('version 3 is not supported; this secondglance reads versions 1 and 2');
  });
});

const HOSTILE = `<script>alert('1')</script> & "a" --> [x](javascript:1) *b* \`c\` #`;
const ATTACKED: Guide = {
  ...GUIDE,
  title: HOSTILE,
  source: { ...GUIDE.source, video: `a"b'<c>/javascript:alert(1).mp4` },
  steps: GUIDE.steps.map((step) => ({
    ...step,
    title: HOSTILE,
    text: HOSTILE,
    captions: [{ time: 0, text: HOSTILE, confidence: 1 }],
  })),
};

describe('what is written', () => {
  test('the page: all in one, no script, nothing from outside', () => {
    const page = guideToHtml(
      GUIDE,
      new Map([['pictures/at-4.000.jpg', { address: 'data:image/jpeg;base64,AA==', width: 2, height: 1 }]]),
    );
    expect(page.match(/<section/g)).toHaveLength(2);
    expect(page.match(/<img [^>]*>/g)).toEqual([
      '<img src="data:image/jpeg;base64,AA==" width="2" height="1" alt="Count the boards">',
    ]);
    expect(page).toContain('href="../my%20films/shelf%20%281%29.mp4#t=20.5"');
    expect(page).toContain("default-src 'none'");
    expect(page.replace(/href="[^"]*"/g, '')).not.toMatch(/https?:|<script|src="(?!data:)/);
  });

  test('the page escapes everything', () => {
    const page = guideToHtml(ATTACKED, new Map());
    expect(page).not.toContain('<script');
    for (const [, address] of page.matchAll(/href="([^"]*)"/g))
      expect(address).toMatch(/^(#step-\d|a%22b%27%3Cc%3E\/javascript%3A)/);
    expect(page.match(/&#60;script&#62;/g)?.length).toBeGreaterThan(5);
  });

  test('Markdown', () => {
    expect(guideToMarkdown(GUIDE)).toBe(`# A shelf

2 steps, 1:00

## 1. Count the boards

[0:00 – 0:20](../my%20films/shelf%20%281%29.mp4#t=0)

[![Count the boards](pictures/at-4.000.jpg)](../my%20films/shelf%20%281%29.mp4#t=0)

Count them twice.

## 2. Put them up

[0:20 – 1:00](../my%20films/shelf%20%281%29.mp4#t=20.5)
`);
    const attacked = guideToMarkdown(ATTACKED);
    expect(attacked).not.toMatch(/(^|[^\\])<script|(^|[^\\])\[x\]/);
  });

  test.each([
    ['1. One', '1\\. One'],
    ['2) Two', '2\\) Two'],
    ['- a', '\\- a'],
    ['+ a', '\\+ a'],
    ['# a', '\\# a'],
    ['2.5 cups', '2\\.5 cups'],
    ['a_b*c', 'a\\_b\\*c'],
    ['a & b', 'a & b'],
    ['a &amp; b', 'a &amp;amp; b'],
    ['R&D; &#38;', 'R&amp;D; &\\#38;'],
    ['x - 1. y', 'x - 1. y'],
  ])('Markdown takes %s as it stands', (text, escaped) => {
    expect(escapeMarkdown(text)).toBe(escaped);
  });

  test('chapters', () => {
    expect(guideToVtt(ATTACKED)).toBe(`WEBVTT

NOTE Written by secondglance 0.0.0

1
00:00:00.000 --> 00:00:20.500
${HOSTILE.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}

2
00:00:20.500 --> 00:01:00.000
${HOSTILE.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}
`);
  });

  test('links and clocks', () => {
    expect(playFrom('https://example.org/a b.mp4?x=1', 1_234_567)).toBe('https://example.org/a%20b.mp4?x=1#t=1.235');
    expect(playFrom('a#b?.mp4', 0)).toBe('a%23b%3F.mp4#t=0');
    expect([0, 59.9999, 60, 3599, 36_061].map((time) => clock(time * SECOND))).toEqual([
      '0:00',
      '1:00',
      '1:00',
      '59:59',
      '10:01:01',
    ]);
  });
});
