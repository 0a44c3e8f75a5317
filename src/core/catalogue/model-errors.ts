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

/** Errors of model servers and of captioner programs. */
export const SERVER_ERRORS = {
  'server-unavailable': temporary(
    'A model server cannot be reached, is loading its model, or did not answer in time.',
    'Start the server; check --base-url.',
  ),
  'server-busy': temporary('The model server is limiting requests.', 'Wait, or lower serverRate.'),
  'server-key': permanent('A model server does not accept the key.', 'Set SECONDGLANCE_API_KEY.'),
  'server-refused': permanent(
    'A model server refused a request: the model, a parameter or the picture.',
    'Check the name after openai: and what the message says.',
  ),
  'server-blind': permanent('The model on the server does not accept images.', 'Choose a vision model.'),
  'server-thinking': permanent(
    'The model spent its answer on reasoning and wrote no caption.',
    'Turn reasoning off on the server.',
  ),
  'server-answer': temporary('The answer of a model server cannot be used.', 'Check --base-url; try again.'),
  'program-missing': permanent('A captioner program cannot be started.', 'Check the path and its permissions.'),
} as const;

/** Errors of installing models. */
export const MODEL_ERRORS = {
  'model-unknown': permanent(
    'No model has this name, or a folder holds no model of a known family.',
    'secondglance models list shows the names.',
  ),
  'model-not-installed': permanent('The model is not installed.', 'secondglance models pull NAME.'),
  'model-licence': permanent(
    'The licence of a model is not an open one and was not accepted.',
    'Read it, then add --accept-licence.',
  ),
  'model-checksum': permanent(
    'A file of a model differs from the one that is known.',
    'Pull the model again; a moved revision needs a newer secondglance.',
  ),
  'model-moved': temporary('The revision of a model moved while it was pulled.', 'Pull it again.'),
  'model-gated': permanent(
    'The hub gives this model only to users who have accepted its terms.',
    'Set HF_TOKEN; accept the terms on the page of the model.',
  ),
  'model-gone': permanent(
    'A file of a model is not where it should be.',
    'Check HF_ENDPOINT or --from; a newer secondglance may know the new place.',
  ),
  'model-busy': temporary('Another process is installing the same model.', 'Wait until it ends.'),
  'model-nonsense': permanent(
    'A model loads but does not caption the built-in picture.',
    'Pull the model again; report it with the answer that the message shows.',
  ),
  'hub-busy': temporary('The hub is limiting requests.', 'Wait, then pull again; it resumes.'),
  'hub-unreachable': temporary(
    'The hub cannot be reached, or the connection ended.',
    'Check the network, HTTPS_PROXY and HF_ENDPOINT; pulling again resumes.',
  ),
  'hub-refused': permanent('The hub answered with an error.', 'Check HF_ENDPOINT.'),
} as const;
