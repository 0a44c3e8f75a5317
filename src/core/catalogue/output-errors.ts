import { depends, permanent, temporary } from './entry.ts';

/** Errors of captions on their way into a track, and of tracks that are read. */
export const TRACK_ERRORS = {
  'not-a-track': permanent('The file is not a WebVTT or SubRip track.', 'Name a .vtt or .srt file.'),
  'captions-incomplete': permanent('A group of captions is missing or out of order.', 'Report this as a bug.'),
} as const;

/** Errors of files: outputs, the journal. */
export const OUTPUT_ERRORS = {
  'output-full': temporary('The disk or the quota is full.', 'Free some space and run the command again.'),
  'output-permission': permanent('The target may not be written.', 'Choose a writable place, or change permissions.'),
  'output-folder-missing': permanent(
    'The folder of the target does not exist, or a file is in its place.',
    'Create the folder, or choose another target.',
  ),
  'output-is-folder': permanent('The target is a folder.', 'Name a file.'),
  'output-name': permanent('The name of the target is too long for its disk.', 'Choose a shorter name.'),
  'output-ending': permanent(
    'The file extension of a track does not match its format.',
    'Use the extension of the format, such as .vtt.',
  ),
  'output-is-media': permanent(
    'The target is the input, or holds a video or a picture that secondglance did not write. --force does not overwrite those.',
    'Choose another target.',
  ),
  'output-outside': permanent(
    'The folder of a target was replaced by a link after it was checked.',
    'Check who can write to the folder.',
  ),
  'output-changed': permanent(
    'Another program wrote the target during the run.',
    'Check the file; --force overwrites it.',
  ),
  'output-closed': permanent(
    'The reader of a pipe closed it. For a run that writes to stdout this is a clean end.',
    'Nothing; or keep the reader open.',
  ),
  'output-failed': depends('A file could not be written for another reason.', 'Check the disk; see --verbose.'),
  'journal-busy': temporary('Another run works on the same input with the same options.', 'Wait until it ends.'),
  'journal-lost': temporary(
    'The run was suspended for so long that another run took over.',
    'Run the command again; it resumes.',
  ),
} as const;

/** Errors of targets that exist and must not be overwritten. `watch` waits for them. */
export const EXISTS_ERRORS = {
  'track-exists': depends(
    'The track was not written by secondglance, or was edited.',
    '--track uses it; --force overwrites it, and keeps it as NAME.bak.',
  ),
  'clip-exists': depends('The clip was not written by secondglance, or was edited.', '--force overwrites it.'),
  'report-exists': depends('The report was not written by secondglance, or was edited.', '--force overwrites it.'),
  'guide-exists': depends('The guide was not written by secondglance, or was edited.', '--force overwrites it.'),
} as const;

/** Errors of captioning one input. */
export const CAPTIONING_ERRORS = {
  'captions-failed': depends('No keyframe could be captioned.', 'The message has the reason; see --verbose.'),
  'group-failed': depends('A group of eight keyframes could not be captioned.', 'Run the command again.'),
  'group-given-up': permanent(
    'A group failed at every attempt; the track says which captions are missing.',
    'secondglance retry ID captions it again.',
  ),
  'empty-range': permanent('No frame lies between --from and --to.', 'Change the range.'),
  'video-needed': permanent('Services cannot copy the video into an output.', 'Run caption without --queue.'),
  'input-changed': depends('The file has changed since it was submitted.', 'Submit it again.'),
  'captions-dropped': permanent(
    'A library run with `retain: false` was read after its first captions were dropped.',
    'Start reading together with the run, or retain captions.',
  ),
} as const;

/** Errors of guides. */
export const STEPS_ERRORS = {
  'steps-invalid': permanent('The steps.json is not valid.', 'Correct what the message names.'),
  'no-frames': permanent('No frame of the video could be decoded.', 'Check that the video plays.'),
} as const;

/** Errors of `explain`. */
export const EXPLAIN_ERRORS = {
  'no-grid': permanent('The attention of this model does not fit a grid of the picture.', 'Use another bundle.'),
} as const;
