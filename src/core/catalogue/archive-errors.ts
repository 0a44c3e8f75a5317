import { depends, permanent, temporary } from './entry.ts';

/** Errors of the archive of recordings: search, report, export, watch. */
export const ARCHIVE_ERRORS = {
  'state-missing': permanent('There is no state file: nothing was watched yet.', 'Run watch, or check --state.'),
  'state-unusable': permanent(
    'The state file is not a database, is of a newer version, or cannot be written.',
    'Check --state.',
  ),
  'state-damaged': permanent(
    'The state file is damaged, for example by a failing disk or by copying it while it was open.',
    'Put its latest backup in its place, as the message says.',
  ),
  'state-busy': temporary('Another program has locked the state file.', 'Close it, or wait; watch goes on by itself.'),
  'state-full': temporary('The disk of the state file is full.', 'Free some space; watch goes on by itself.'),
  'nothing-to-search': permanent('The query has no word in it.', 'Give at least one word.'),
  'bad-time': permanent('A time, a date or a window is not valid.', 'Use one of the forms that the help shows.'),
  'no-such-hit': permanent('No cue has this ID.', 'secondglance search shows the IDs.'),
  'recording-gone': depends('The recording was moved or deleted.', 'Put it back, or mount its disk.'),
  'recording-open': temporary(
    'The recording cannot be read: another program may still be writing it.',
    'Try again once it is closed; Matroska, MPEG-TS and fragmented MP4 can be read before.',
  ),
  'not-delivered': temporary(
    'A webhook or an MQTT broker did not accept a notification.',
    'Nothing; it is sent again.',
  ),
} as const;

/** Errors that make `watch` wait. */
export const WATCH_ERRORS = {
  'already-watched': temporary(
    'Another watch or live uses the same state file.',
    'Stop it, or choose another --state.',
  ),
  'folder-away': temporary('A watched folder is not available at the moment.', 'Mount its disk; watch waits for it.'),
  'window-closed': temporary('The time window has closed.', 'Nothing; the work goes on in the next window.'),
} as const;
