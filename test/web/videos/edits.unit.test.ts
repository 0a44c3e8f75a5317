import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { EventHub } from '../../../src/web/events/event-hub.ts';
import type { StoredCue, StoredVideo } from '../../../src/web/store/documents.ts';
import { VideoStore } from '../../../src/web/store/video-store.ts';
import { DataFolder } from '../../../src/web/videos/data-folder.ts';
import { Edits } from '../../../src/web/videos/edits.ts';
import { VideoNews } from '../../../src/web/videos/video-news.ts';
import { makeFolder } from '../../support/videos.ts';

const ID = 'v000000000000000000000001';
const WHOLE: readonly StoredCue[] = ['One', 'Two', 'Three', 'Four'].map((text, at) => ({
  start: at * 2,
  end: at * 2 + 2,
  text,
  from: [at],
}));

/** A video that is being captioned, whose cues arrive when they are told to. */
async function growing() {
  const folder = await makeFolder();
  onTestFinished(folder.remove);
  const data = new DataFolder(folder.path);
  await mkdir(path.join(folder.path, 'videos'));
  const store = new VideoStore(data.database);
  onTestFinished(() => store.close());
  const video: StoredVideo = {
    ...{ id: ID, name: 'film.mp4', source: { kind: 'file', input: '/film.mp4', label: '/film.mp4' }, options: {} },
    ...{ state: 'queued', added: 1, keyframes: 0, covered: 0, cues: 0, edited: false, proxy: false, problems: [] },
  };
  store.add(video);
  let begun = 1000;
  return {
    edits: new Edits(store, data, new VideoNews(new EventHub(), () => undefined)),
    /** A run begins, as after a start or a kill of the server. */
    begin: () => {
      store.clearTrack(ID);
      begun += 1;
      store.update(ID, { state: 'running', begun });
    },
    arrive: (upTo: number) => {
      for (const [at, cue] of WHOLE.slice(0, upTo).entries()) store.addCue(ID, at, cue);
    },
    end: (state: 'done' | 'partial' | 'paused') => store.update(ID, { state }),
  };
}

function texts({ cues }: { readonly cues: readonly { readonly text: string }[] }): string[] {
  return cues.map(({ text }) => text);
}

test('the revision of a growing track changes with each cue, and is the same as long as nothing does', async () => {
  const { edits, begin, arrive, end } = await growing();
  begin();
  const revisions = [(await edits.cues(ID)).revision];
  for (const upTo of [1, 2, 4]) {
    arrive(upTo);
    revisions.push((await edits.cues(ID)).revision);
    expect((await edits.cues(ID)).revision).toBe(revisions.at(-1));
  }
  end('done');
  const { revision, complete } = await edits.cues(ID);
  expect(complete).toBe(true);
  expect(new Set([...revisions, revision]).size).toBe(5);
});

test('edits of a growing track are followed by the cues that are added after them', async () => {
  const { edits, begin, arrive, end } = await growing();
  begin();
  arrive(2);
  const loaded = await edits.cues(ID);
  // More arrive while somebody types.
  arrive(3);
  const mine = loaded.cues.map((cue) => ({ ...cue, text: cue.text.toUpperCase() }));
  const saved = await edits.save(ID, mine, `"${loaded.revision}"`);
  expect({ ...saved, texts: texts(saved) }).toMatchObject({
    origin: 'edits',
    complete: false,
    texts: ['ONE', 'TWO', 'Three'],
  });
  // A second save, from what the first one answered; the first cue is removed.
  const again = await edits.save(ID, saved.cues.slice(1), saved.revision);
  arrive(4);
  end('done');
  const list = await edits.cues(ID);
  expect({ ...list, texts: texts(list) }).toMatchObject({ complete: true, texts: ['TWO', 'Three', 'Four'] });
  await expect(edits.save(ID, [], loaded.revision)).rejects.toMatchObject({ code: 'edits-conflict' });
  // Edits of what is complete stand alone.
  expect(texts(await edits.save(ID, list.cues.slice(0, 1), again.revision))).toEqual(['TWO', 'Four']);
  const last = await edits.cues(ID);
  expect(texts(await edits.save(ID, last.cues.slice(0, 1), last.revision))).toEqual(['TWO']);
  expect(texts(await edits.cues(ID))).toEqual(['TWO']);
  expect(texts(await edits.cues(ID, 'model'))).toEqual(['One', 'Two', 'Three', 'Four']);
});

test('edits of before any cue, and those of a run that was killed, lose nothing either', async () => {
  const { edits, begin, arrive, end } = await growing();
  begin();
  const empty = await edits.cues(ID);
  arrive(2);
  const own = { start: 30, end: 31, text: 'The end' };
  const saved = await edits.save(ID, [own], empty.revision);
  expect(texts(saved)).toEqual(['One', 'Two', 'The end']);
  const edited = await edits.save(ID, [...saved.cues.slice(1)], saved.revision);
  // The server is killed: the next run begins anew, and is behind for a while.
  begin();
  const behind = await edits.cues(ID);
  expect(texts(behind)).toEqual(['Two', 'The end']);
  arrive(1);
  expect(texts(await edits.cues(ID))).toEqual(['Two', 'The end']);
  const again = await edits.save(ID, [{ ...own, text: 'Fin' }], behind.revision);
  await expect(edits.save(ID, [], edited.revision)).rejects.toMatchObject({ code: 'edits-conflict' });
  arrive(4);
  end('done');
  expect(again.complete).toBe(false);
  expect(texts(await edits.cues(ID))).toEqual(['Three', 'Four', 'Fin']);
});

test('cues that were complete and are captioned again are loaded again before they are edited', async () => {
  const { edits, begin, arrive, end } = await growing();
  begin();
  arrive(3);
  end('partial');
  const { cues, revision } = await edits.cues(ID);
  begin();
  await expect(edits.save(ID, cues, revision)).rejects.toMatchObject({ code: 'edits-conflict' });
  arrive(4);
  end('done');
  await expect(edits.save(ID, cues, revision)).rejects.toMatchObject({ code: 'edits-conflict' });
  expect(texts(await edits.save(ID, cues, '*'))).toEqual(['One', 'Two', 'Three']);
});
