import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OutputRequest, parseFormats, planOutputs } from '../../../src/captioning/outputs/plan-outputs.ts';
import { UsageError } from '../../../src/core/failures.ts';
import type { Source } from '../../../src/ingest/sources/sources.ts';
import { makeFolder } from '../../support/videos.ts';

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await makeFolder());
  await mkdir(path.join(folder, 'there'));
  await writeFile(path.join(folder, 'file.txt'), '');
});
afterAll(() => remove());

function file(input: string, tree?: string): Source {
  const name = path.basename(input);
  const found = tree === undefined ? { name } : { name: tree === '' ? name : `${tree}/${name}`, tree };
  return { kind: 'file', input: path.resolve(folder, input), label: input, ...found };
}

const url: Source = {
  kind: 'url',
  input: 'http://host/live/talk.m3u8?a=b',
  name: 'talk.m3u8',
  label: 'http://host/live/talk.m3u8?a=b',
};
const stdin: Source = { kind: 'stdin', input: '-', name: 'stdin', label: 'stdin' };

/** Where everything goes, relative to the test's folder; a collected file last, behind `+`. */
function planned(sources: Source[], request: OutputRequest = {}, wanted?: number): string[] {
  const output = request.output;
  const there = output === undefined || output === '-' ? request : { ...request, output: `${folder}/${output}` };
  const plan = planOutputs(sources, there, wanted);
  const name = (target: { format: string; path: string }): string =>
    `${target.format}:${target.path === '-' ? '-' : path.relative(folder, target.path)}`;
  return [
    ...plan.inputs.flatMap(({ targets }) => targets.map(name)),
    ...(plan.collected === undefined ? [] : [`+${name(plan.collected)}`]),
  ];
}

function refusal(sources: Source[], request: OutputRequest, wanted?: number): string {
  try {
    planned(sources, request, wanted);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).message;
  }
  throw new Error('was not refused');
}

describe('without -o', () => {
  test('a track stands beside its input', () => {
    expect(planned([file('a.mp4'), file('films/b.c.mkv')])).toEqual(['vtt:a.vtt', 'vtt:films/b.c.vtt']);
    expect(planned([file('a.mp4')], { formats: ['srt', 'json', 'jsonl'] })).toEqual([
      'srt:a.srt',
      'json:a.json',
      'jsonl:a.jsonl',
    ]);
  });

  test('a language that the user named stands in the names that players look for', () => {
    const nameLanguage = 'pt-BR';
    expect(
      planned([file('a.mp4')], { nameLanguage, formats: ['vtt', 'srt', 'ttml', 'ass', 'txt', 'json', 'hls'] }),
    ).toEqual([
      'vtt:a.pt-BR.vtt',
      'srt:a.pt-BR.srt',
      'ttml:a.pt-BR.ttml',
      'ass:a.pt-BR.ass',
      'txt:a.txt',
      'json:a.json',
      'hls:a.m3u8',
    ]);
    expect(planned([file('a.mp4'), file('a.avi')], { nameLanguage, output: 'there', formats: ['srt'] })).toEqual([
      'srt:there/a.mp4.pt-BR.srt',
      'srt:there/a.avi.pt-BR.srt',
    ]);
    // A name that the user chose stays.
    expect(planned([file('a.mp4')], { nameLanguage, output: 'b.srt' })).toEqual(['srt:b.srt']);
  });

  test('names that clash keep their extensions, both of them; others do not', () => {
    expect(planned([file('a.mp4'), file('a.avi'), file('b.mp4'), file('films/a.mp4')])).toEqual([
      'vtt:a.mp4.vtt',
      'vtt:a.avi.vtt',
      'vtt:b.vtt',
      'vtt:films/a.vtt',
    ]);
  });

  test('what has no folder goes to the current one', () => {
    const here = path.relative(folder, process.cwd());
    expect(planned([url, stdin])).toEqual([`vtt:${here}/talk.vtt`, `vtt:${here}/stdin.vtt`]);
  });
});

describe('a folder', () => {
  test.each([
    ['trailing slash', 'new/', 'new/a.vtt'],
    ['existing folder', 'there', 'there/a.vtt'],
    ['existing folder with a slash', 'there/', 'there/a.vtt'],
    ['a slash after an extension', 'night.srt/', 'night.srt/a.srt'],
  ])('%s', (_, output, expected) => {
    expect(planned([file('a.mp4')], { output })).toEqual([`${path.extname(expected).slice(1)}:${expected}`]);
  });

  test('several formats', () => {
    expect(planned([file('a.mp4')], { output: 'new', formats: ['vtt', 'srt'] })).toEqual([
      'vtt:new/a.vtt',
      'srt:new/a.srt',
    ]);
  });

  test('several inputs to a track format', () => {
    const inputs = [file('a.mp4'), file('b.mp4')];
    expect(planned(inputs, { output: 'new' })).toEqual(['vtt:new/a.vtt', 'vtt:new/b.vtt']);
    expect(planned(inputs, { output: 'new', formats: ['srt'] })).toEqual(['srt:new/a.srt', 'srt:new/b.srt']);
    expect(planned(inputs, { output: 'new.vtt' })).toEqual(['vtt:new.vtt/a.vtt', 'vtt:new.vtt/b.vtt']);
  });

  test('an input that is missing today does not turn it into a file', () => {
    expect(planned([file('a.mp4')], { output: 'new.vtt' }, 2)).toEqual(['vtt:new.vtt/a.vtt']);
  });

  test('trees are kept, and names clash in one folder only', () => {
    const inputs = [file('in/a.mp4', ''), file('in/x/y/a.mp4', 'x/y'), file('in/x/y/a.avi', 'x/y'), file('b.mp4')];
    expect(planned(inputs, { output: 'new/' })).toEqual([
      'vtt:new/a.vtt',
      'vtt:new/x/y/a.mp4.vtt',
      'vtt:new/x/y/a.avi.vtt',
      'vtt:new/b.vtt',
    ]);
  });

  test('two inputs of one name from two folders cannot share one', () => {
    expect(refusal([file('x/a.mp4'), file('y/a.mp4')], { output: 'new/' })).toMatch(
      /x\/a\.mp4 and y\/a\.mp4 would both/,
    );
  });

  test('a file in its place is refused', () => {
    expect(refusal([file('a.mp4')], { output: 'file.txt/' })).toMatch(/has to be a folder \(it ends with \/\)/);
    expect(refusal([file('a.mp4')], { output: 'file.txt', formats: ['vtt', 'srt'] })).toMatch(/several formats/);
    expect(refusal([file('a.mp4'), file('b.mp4')], { output: 'file.txt' })).toMatch(/2 inputs/);
  });
});

describe('one file', () => {
  test('its extension decides, and -f does not contradict it', () => {
    expect(planned([file('a.mp4')], { output: 'x.srt' })).toEqual(['srt:x.srt']);
    expect(planned([file('a.mp4')], { output: 'x.JSON' })).toEqual(['json:x.JSON']);
    for (const output of ['x.txt', 'x.srt', 'x.mp4', '.bashrc', 'x']) {
      expect(refusal([file('a.mp4')], { output, formats: ['vtt'] })).toMatch(
        /does not have the extension of a vtt track/,
      );
    }
    const device = planOutputs([file('a.mp4')], { output: '/dev/null', formats: ['vtt'] });
    expect(device.inputs[0]?.targets).toEqual([{ format: 'vtt', path: '/dev/null' }]);
    expect(planned([file('a.mp4')], { output: 'x.txt' })).toEqual(['txt:x.txt']);
    expect(refusal([file('a.mp4')], { output: 'x.doc' })).toMatch(/cannot tell the format/);
    expect(refusal([file('a.mp4')], { output: 'x' })).toMatch(/cannot tell the format/);
  });

  test('jsonl collects all inputs', () => {
    expect(planned([file('a.mp4')], { output: 'x.jsonl' })).toEqual(['+jsonl:x.jsonl']);
    expect(planned([file('a.mp4'), file('b.mp4')], { output: 'x.jsonl' })).toEqual(['+jsonl:x.jsonl']);
    expect(planned([file('a.mp4'), file('b.mp4')], { output: 'x.jsonl', formats: ['jsonl'] })).toEqual([
      '+jsonl:x.jsonl',
    ]);
  });

  test('HLS goes by the name of its master playlist, and never to stdout', () => {
    expect(planned([file('a.mp4')], { output: 'x.m3u8' })).toEqual(['hls:x.m3u8']);
    expect(planned([file('a.mp4')], { formats: ['hls', 'vtt'] })).toEqual(['hls:a.m3u8', 'vtt:a.vtt']);
    expect(refusal([file('a.m3u8')], { formats: ['hls'] })).toMatch(/overwrite the input a\.m3u8/);
    expect(refusal([file('a.mp4')], { output: '-', formats: ['hls'] })).toMatch(/many files/);
  });

  test('copies of the video come after the tracks, in what their container is best made of', () => {
    const at = (name: string): string => path.join(folder, name);
    expect(planned([file('a.mp4')], { mux: at('b.mkv'), burn: at('c.mp4') })).toEqual([
      'vtt:a.vtt',
      'srt:b.mkv',
      'ass:c.mp4',
    ]);
    expect(planned([file('a.mp4')], { output: 'x.jsonl', mux: at('b.WEBM') })).toEqual(['jsonl:x.jsonl', 'vtt:b.WEBM']);
    expect(refusal([file('a.mp4')], { burn: at('b.avi') })).toMatch(
      /--burn .*b\.avi: give it a name that ends in \.mp4/,
    );
    expect(refusal([file('a.mp4'), file('b.mp4')], { mux: at('c.mp4') })).toMatch(/--mux takes one input/);
    expect(refusal([file('a.mp4')], { output: 'x.srt', mux: at('a.mp4') })).toMatch(/overwrite the input/);
    expect(refusal([file('a.mp4')], { mux: at('b.mp4'), burn: at('b.mp4') })).toMatch(/would be written twice/);
  });

  test('an input is never the output', () => {
    expect(refusal([file('a.mp4')], { output: 'a.mp4', formats: ['vtt'] })).toMatch(/overwrite the input a\.mp4/);
    expect(refusal([file('a.vtt')], {})).toMatch(/overwrite the input a\.vtt/);
  });
});

describe('stdout', () => {
  test('one input gives a track, several give lines', () => {
    expect(planned([file('a.mp4')], { output: '-' })).toEqual(['vtt:-']);
    expect(planned([file('a.mp4')], { output: '-', formats: ['srt'] })).toEqual(['srt:-']);
    expect(planned([file('a.mp4')], { output: '-', formats: ['jsonl'] })).toEqual(['+jsonl:-']);
    expect(planned([file('a.mp4'), file('b.mp4')], { output: '-' })).toEqual(['+jsonl:-']);
    expect(planned([file('a.mp4')], { output: '-' }, 2)).toEqual(['+jsonl:-']);
  });

  test('one stream holds one track', () => {
    expect(refusal([file('a.mp4')], { output: '-', formats: ['vtt', 'srt'] })).toMatch(/one format/);
    expect(refusal([file('a.mp4'), file('b.mp4')], { output: '-', formats: ['vtt'] })).toMatch(/needs -f jsonl/);
  });
});

test('formats: one or more, in any case, each once', () => {
  expect(parseFormats('vtt')).toEqual(['vtt']);
  expect(parseFormats(' SRT, vtt,srt,')).toEqual(['srt', 'vtt']);
  expect(() => parseFormats('pdf')).toThrow(/'pdf' is not a format/);
  expect(() => parseFormats(',')).toThrow(/needs a format/);
});
