// A program that logs what must not be read in a log.

import { IngestError } from '../../../src/ingest/errors.ts';
import { createLog } from '../../../src/services/log.ts';

const log = createLog({ logLevel: 'info' }, 'worker');
log.debug({}, 'too fine');
log.info({ video: 'v1', group: 3, redis: 'redis://:hunter22@queue:6379' }, 'ready');
const command = 'ffmpeg -i https://ann:hunter22@films.example/a.mp4?token=hunter22';
log.error({ err: new IngestError('http-status', `${command} failed`, { detail: { command } }) }, 'video failed');
