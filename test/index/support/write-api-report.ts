// npm run api-report: writes docs/api-report.txt from a fresh build.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { program } from '../../cli/support/program.ts';
import { apiReport } from './api-report.ts';

const dist = path.join(path.dirname(await program()), '..');
await writeFile(path.join(import.meta.dirname, '../../../docs/api-report.txt'), apiReport(dist));
