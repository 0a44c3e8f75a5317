import { permanent, temporary } from './entry.ts';

/** Errors of a bundle (a model's folder). */
export const BUNDLE_ERRORS = {
  'bundle-missing': permanent('No bundle has this name, or the folder does not exist.', 'Check --model.'),
  'bundle-unreadable': permanent('A file of the bundle cannot be read.', 'Check its permissions.'),
  'bundle-invalid': permanent('bundle.json is not valid.', 'Correct what the message names, or export it again.'),
  'bundle-format': permanent('The bundle is for another version of secondglance.', 'Install a matching version.'),
  'bundle-file-missing': permanent('A file that bundle.json names is missing.', 'Copy the whole folder again.'),
  'bundle-checksum': permanent('A file differs from its checksum in bundle.json.', 'Copy the whole folder again.'),
  'bundle-tokenizer': permanent('The tokenizer cannot be loaded or does not fit.', 'Export the bundle again.'),
  'bundle-graph': permanent('A graph cannot be loaded or does not fit.', 'Export the bundle again.'),
  'bundle-changed': permanent('The bundle changed while it was in use.', 'Run the command again.'),
} as const;

/** Errors of inference. */
export const WORKER_ERRORS = {
  'worker-start': temporary('An inference process could not be started.', 'Free memory; see --verbose.'),
  'worker-died': temporary('An inference process ended during its work.', 'Free memory, or use fewer --workers.'),
  'worker-stuck': temporary('An inference process did not answer in time.', 'Use fewer --workers.'),
  'inference-failed': temporary('The model failed on a group.', 'Try again; see --verbose.'),
  'picture-size': permanent('A keyframe does not have the size that the model needs.', 'Report this as a bug.'),
  'captioner-closed': permanent('caption() was called before open() or after close().', 'Correct the calling code.'),
} as const;
