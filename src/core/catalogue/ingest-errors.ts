import { depends, permanent, temporary } from './entry.ts';

/** Errors between an input's name and its frames. */
export const INGEST_ERRORS = {
  'missing-file': permanent('The input does not exist.', 'Check the name.'),
  'no-permission': permanent('This user may not read the input.', 'Change its permissions or run as another user.'),
  'empty-file': permanent('The input has no bytes.', 'Record or download it again.'),
  'empty-folder': permanent('The folder holds no video or picture.', 'Check the folder, or name the files.'),
  'no-match': permanent('No file matches the pattern.', 'Check the pattern and its quotes.'),
  'not-media': permanent('The input is not a video or a picture.', 'Name a media file.'),
  'no-video': permanent('The input has no video stream.', 'Name a file with pictures; sound alone is not captioned.'),
  'unknown-codec': permanent(
    'This ffmpeg cannot decode the codec.',
    'Install an ffmpeg that can, or convert the file.',
  ),
  unreadable: permanent('The file is incomplete or damaged.', 'Record, copy or download it again.'),
  'too-large': permanent('A picture has more pixels than can be decoded.', 'Scale the video or picture down.'),
  'blocked-format': permanent('Services do not read this container.', 'Convert the file, for example to MP4 or MKV.'),
  truncated: permanent('The video ends early; the part before is captioned.', 'Get the complete file.'),
  damaged: permanent('Some frames could not be decoded; the others are captioned.', 'Get an undamaged copy.'),
  unfinished: permanent(
    'The playlist has no end mark, or the file grew while it was read: it is still being written, or live. What was there is captioned.',
    'Caption it again when it is complete.',
  ),
  'http-status': depends(
    'The server answered with an error status. A retry helps for 408, 425, 429 and 5xx.',
    'Check the address, or try again later.',
  ),
  unreachable: depends('The server cannot be reached.', 'Check the address, the network and certificates.'),
  'port-in-use': temporary(
    'Another program uses the port on which a live source is to be received.',
    'Stop that program, or send to another port.',
  ),
  'timed-out': temporary('The server did not answer in time.', 'Try again later.'),
  'blocked-protocol': permanent(
    'The input refers to an address whose protocol is not allowed.',
    'Download the file that it points to.',
  ),
  'not-a-file': permanent(
    'The input, or something that it names, is a folder, a named pipe, a socket or a device.',
    'Name the files in the folder, or pipe the input in with -.',
  ),
  'playlist-limit': permanent(
    'A playlist is too long, is nested too deep, or leads to too many others.',
    'Name the playlist of one quality, or download the video.',
  ),
  'not-seekable': permanent(
    'The index of the file is at its end, and the server does not support range requests. The command line downloads the file first.',
    'Download the file, or move its index to the front (-movflags +faststart).',
  ),
  'blocked-extension': permanent(
    'A playlist names a segment or a key with a file extension that ffmpeg refuses.',
    'Rename the file, or caption a local copy of the playlist.',
  ),
  stalled: temporary('ffmpeg delivered no frame for too long.', 'Try again; check the disk or the network.'),
  'decoder-killed': temporary(
    'Something ended ffmpeg several times while it read the input, or it got no memory.',
    'Free memory, or find out what kills the process; then run the command again.',
  ),
  'input-away': temporary(
    'The file, its folder, its disk or its share went away while it was read, or the system could not read it.',
    'Bring it back, or check the disk; then run the command again.',
  ),
  'filter-failed': permanent(
    'ffmpeg decoded the frames but could not convert their colours or their size.',
    'Convert the video, or install a newer ffmpeg; see --verbose.',
  ),
  'decode-failed': permanent('No frame could be decoded.', 'Check that the video plays; see --verbose.'),
  'ffmpeg-missing': permanent(
    'ffmpeg or ffprobe was not found, or is too old.',
    'Install ffmpeg 5.1 or newer; secondglance doctor checks it.',
  ),
  aborted: temporary('Reading was interrupted.', 'Run the command again; it resumes.'),
  'write-failed': permanent(
    'ffmpeg could not write a copy of the video.',
    'Choose another container, or free disk space; see --verbose.',
  ),
  'protocol-missing': permanent(
    'This ffmpeg was built without the protocol of a live source.',
    'Install an ffmpeg that has it; ffmpeg -protocols lists them.',
  ),
  'stream-unreadable': temporary(
    'A live source sent nothing that ffmpeg can decode. The next attempt follows by itself.',
    'Check that the address is that of a video stream; see --verbose.',
  ),
  'no-picture': temporary(
    'A live source sent no picture for too long. The next attempt follows by itself.',
    'Check the camera, the address and the network.',
  ),
  'invalid-choice': permanent('--frames names no keyframe selector.', 'Use one that the help of caption lists.'),
  'invalid-names': permanent('The pattern of --names is not valid.', 'See the help of watch for the placeholders.'),
} as const;

/** Errors of the allow-lists that services keep. */
export const ACCESS_ERRORS = {
  'path-not-allowed': permanent(
    'A file lies outside the allowed folders, directly or through a link.',
    'Add its folder: to SECONDGLANCE_ALLOW_PATHS of services, with --folder of serve.',
  ),
  'url-not-allowed': permanent(
    'An address, a redirect or a playlist entry is not on the allow-list.',
    'Add it to SECONDGLANCE_ALLOW_URLS.',
  ),
  'address-not-allowed': permanent(
    'The host of an address is in a private network.',
    'Name the host in SECONDGLANCE_ALLOW_URLS.',
  ),
} as const;
