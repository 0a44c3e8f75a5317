// A real program that reads keyframes, for tests that kill it: node --import tsx read-slowly.ts INPUT CHOICE PAUSE_MS
import { setTimeout } from 'node:timers/promises';
import { probe } from '../../src/ingest/probe/probe.ts';
import { readKeyframes } from '../../src/ingest/read-keyframes.ts';
import { parseChoice } from '../../src/ingest/selectors/registry.ts';
import { IMAGE, NEVER, sourceOf } from './reading.ts';

const [input = '', choice = 'auto', pause = '0'] = process.argv.slice(2);
const source = await sourceOf(input);
const media = await probe(source, { signal: NEVER });
for await (const keyframe of readKeyframes(source, media, {
  choice: parseChoice(choice),
  image: IMAGE,
  signal: NEVER,
})) {
  process.stdout.write(`keyframe ${keyframe.index}\n`);
  await setTimeout(Number(pause));
}
