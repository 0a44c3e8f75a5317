import path from 'node:path';
import { Command } from 'commander';
import { parseWhole } from '../../config/flag-values.ts';
import type { SettingFlags } from '../../config/load.ts';
import { UsageError } from '../../core/failures.ts';
import type { ModelFlags } from '../../workers/model-flags.ts';
import { modelOptions, readTextOption, settingOptions, verboseOption, workersOption } from '../options.ts';
import { runCommand } from '../run-command.ts';
import { writeLine } from '../terminal.ts';

const EXAMPLES = `
Examples:
  secondglance serve                                     http://127.0.0.1:8585, for this machine alone
  secondglance serve --folder /films --folder ~/clips    videos of these folders can be added
  secondglance serve --state                             also shows what secondglance watch saw
  SECONDGLANCE_SERVE_PASSWORD=... secondglance serve --host 0.0.0.0
  secondglance serve --hash-password                     reads a password, prints its hash for that variable

Put TLS in front of it where other machines reach it, and add --trust-proxy there; docs/serve.md shows how, and the API.
Exit codes: 0 stopped by a signal, 1 cannot run, 2 wrong usage.`;

interface Flags extends ModelFlags, Pick<SettingFlags, 'allowUrls' | 'webhook' | 'mqtt' | 'logLevel'> {
  readonly host: string;
  readonly port: string;
  readonly folder?: readonly string[];
  readonly state?: string | true;
  readonly data?: string;
  readonly basePath: string;
  readonly trustProxy?: boolean;
  readonly allowHost?: readonly string[];
  readonly uploadLimit: string;
  readonly concurrency: string;
  readonly workers?: string;
  readonly hashPassword?: boolean;
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function basePathOf(text: string): string {
  const trimmed = text.replace(/\/+$/, '');
  if (trimmed === '' || /^(?:\/[\w.~-]+)+$/.test(trimmed)) return trimmed;
  throw new UsageError(`--base-path ${text}: write it as /captions`);
}

async function printHash(): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  const password = Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
  if (password.length < 8) throw new UsageError('the password on stdin needs at least 8 characters');
  const { hashPassword } = await import('../../web/http/password.ts');
  writeLine(await hashPassword(password));
}

/** `secondglance serve` */
export function serveCommand(): Command {
  const command = new Command('serve')
    .description('serve the page: add videos, watch captions arrive, edit and export them in a browser')
    .option('--port <n>', 'port; 0 for any that is free', '8585')
    .option('--host <address>', 'address to listen on; beyond the loopback a password is needed', '127.0.0.1')
    .option('--folder <dir>', 'folder whose videos may be added; may be repeated', collect)
    .option(
      '--state [file]',
      'show the cameras of this state file of watch or live (without a name: the one in the state folder)',
    )
    .option('--data <dir>', 'where uploads, tracks and edits are kept (default: serve/ in the state folder)')
    .option('--base-path <path>', 'sub-path behind a reverse proxy, such as /captions', '')
    .option('--trust-proxy', 'a reverse proxy in front sets X-Forwarded-For, -Proto and -Host')
    .option('--allow-host <name>', 'a name, besides localhost, that browsers use for it; may be repeated', collect)
    .option('--upload-limit <GB>', 'size of one upload', '20')
    .option('--concurrency <n>', 'videos at once', '1')
    .option('--hash-password', 'read a password from stdin, print its hash, and end');
  return verboseOption(
    settingOptions(workersOption(readTextOption(modelOptions(command))), 'allowUrls', 'webhook', 'mqtt', 'logLevel'),
  )
    .addHelpText('after', EXAMPLES)
    .action((flags: Flags) =>
      runCommand(async ({ interruptible }) => {
        if (flags.hashPassword === true) {
          await printHash();
          return undefined;
        }
        const signal = interruptible();
        const { allowUrls, webhook, mqtt, logLevel } = flags;
        const { loadSettings } = await import('../../config/load.ts');
        const settings = await loadSettings({ flags: { allowUrls, webhook, mqtt, logLevel } });
        const { stateFileOf } = await import('../../archive/watch/watch-settings.ts');
        const { modelOf } = await import('../../workers/model-flags.ts');
        const { runServe } = await import('../../web/serve.ts');
        return runServe(
          {
            host: flags.host,
            port: parseWhole(flags.port, '--port', 0, 65_535),
            basePath: basePathOf(flags.basePath),
            trustProxy: flags.trustProxy ?? false,
            names: flags.allowHost ?? [],
            folders: (flags.folder ?? []).map((folder) => path.resolve(folder)),
            state: flags.state === undefined ? undefined : stateFileOf(flags.state === true ? undefined : flags.state),
            data: path.resolve(flags.data ?? path.join(settings.settings.stateDir, 'serve')),
            uploadLimit: parseWhole(flags.uploadLimit, '--upload-limit', 1, 100_000) * 1e9,
            concurrency: parseWhole(flags.concurrency, '--concurrency', 1, 64),
            processes: flags.workers === undefined ? undefined : parseWhole(flags.workers, '--workers', 1, 256),
            model: modelOf(flags),
            settings,
            onListening: (address) => writeLine(address),
          },
          signal,
        );
      }),
    );
}
