import { expect, test } from 'vitest';
import { beginHistory, endJoining, recordChange, redo, undo } from '../../../web/src/editor/edit-history.ts';

test('undo and redo go through every change, and no further', () => {
  const all = ['b', 'c', 'd'].reduce((history, state) => recordChange(history, state), beginHistory('a'));
  const back = undo(undo(undo(all)));
  expect(back.present).toBe('a');
  expect(undo(back)).toBe(back);
  const forth = redo(redo(redo(back)));
  expect(forth.present).toBe('d');
  expect(redo(forth)).toBe(forth);
});

test('typing into one cue is one change', () => {
  let history = beginHistory('');
  for (const text of ['d', 'do', 'dog']) history = recordChange(history, text, 'text a');
  history = recordChange(history, 'dog / c', 'text b');
  history = recordChange(history, 'dog / cat', 'text b');
  expect(undo(history).present).toBe('dog');
  expect(undo(undo(history)).present).toBe('');
});

test('what ends joining makes the next change one of its own', () => {
  const first = recordChange(beginHistory('a'), 'b', 'text');
  const second = recordChange(endJoining(first), 'c', 'text');
  expect(undo(second).present).toBe('b');
});

test('typing after an undo does not join what was undone', () => {
  const typed = recordChange(recordChange(beginHistory('a'), 'b', 'text'), 'c', 'text');
  const again = recordChange(undo(typed), 'x', 'text');
  expect(again.present).toBe('x');
  expect(undo(again).present).toBe('a');
  expect(again.future).toEqual([]);
});

test('no change leaves the history as it is, and what was undone can still be redone', () => {
  const undone = undo(recordChange(beginHistory('a'), 'b'));
  expect(recordChange(undone, 'a')).toBe(undone);
  expect(redo(undone).present).toBe('b');
});

test('an undone state that is undefined or empty is a state as well', () => {
  expect(undo(recordChange(beginHistory(''), 'b')).present).toBe('');
});

test('memory is bounded', () => {
  let history = beginHistory(0);
  for (let state = 1; state <= 2000; state += 1) history = recordChange(history, state);
  expect(history.past.length).toBe(500);
  expect(undo(history).present).toBe(1999);
});
