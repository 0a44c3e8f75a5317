import { Command } from 'commander';
import { UsageError } from '../../core/failures.ts';
import { printableLine } from '../../core/text/printable.ts';
import { verboseOption } from '../options.ts';
import { runCommand } from '../run-command.ts';
import { writeJson, writeLine, writeNote } from '../terminal.ts';

const EXAMPLES = `
Examples:
  secondglance models list
  secondglance models pull florence2-base-ft
  secondglance caption film.mp4 --model florence2-base-ft
  secondglance models pull vit-gpt2 --from /media/stick/vit-gpt2     on a machine without a network
  secondglance models import ./my-model --name mine

HF_ENDPOINT, HF_TOKEN, HTTPS_PROXY and NO_PROXY are honoured. An interrupted pull resumes when it is run again.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 or 143 after a signal.`;

function megabytes(bytes: number): string {
  return bytes === 0 ? '?' : `${Math.round(bytes / 1e6)} MB`;
}

/** Shows how far a file is, on a terminal. */
function progressLine(): (file: string, done: number, total: number | undefined) => void {
  let shown = '';
  return (file, done, total) => {
    if (!process.stderr.isTTY) {
      // One line a file in a log.
      if (shown !== file) writeNote(file);
      shown = file;
      return;
    }
    const share =
      total === undefined ? megabytes(done) : `${Math.floor((100 * done) / total)} % of ${megabytes(total)}`;
    const line = `${printableLine(file)}: ${share}`;
    if (line === shown) return;
    shown = line;
    process.stderr.write(`\r\u001b[K${line}${total !== undefined && done >= total ? '\n' : ''}`);
  };
}

interface PullFlags {
  readonly from?: string;
  readonly acceptLicence?: boolean;
}

function pullCommand(): Command {
  return verboseOption(
    new Command('pull').description('install a model of the list').argument('<name>', 'as list shows it'),
  )
    .option('--from <folder>', 'take the files from here instead of the network')
    .option('--accept-licence', 'accept a licence that is not an open one')
    .action((name: string, { from, acceptLicence = false }: PullFlags) =>
      runCommand(async ({ interruptible }) => {
        const signal = interruptible();
        const { pull } = await import('../../services/models/manage-models.ts');
        const host = { signal, onProgress: progressLine(), onTried: writeLine };
        await pull(name, { from, acceptLicence }, host);
        writeLine(`${name} is installed: --model ${name}`);
      }),
    );
}

function importCommand(): Command {
  return verboseOption(
    new Command('import')
      .description('install a copy of a model folder')
      .argument('<folder>', "in the hub's layout, or a bundle"),
  )
    .option('--name <name>', 'name of the model (default: that of the folder)')
    .action((folder: string, flags: { readonly name?: string }) =>
      runCommand(async ({ interruptible }) => {
        const { basename, resolve } = await import('node:path');
        const name = flags.name ?? basename(resolve(folder)).toLowerCase();
        if (!/^[a-z0-9-]+$/.test(name)) {
          throw new UsageError(`--name ${name}: use lower-case letters, digits and hyphens`);
        }
        const { importFolder } = await import('../../services/models/manage-models.ts');
        await importFolder(folder, name, { signal: interruptible(), onProgress: () => undefined, onTried: writeLine });
        writeLine(`${name} is installed: --model ${name}`);
      }),
    );
}

function listCommand(): Command {
  return new Command('list')
    .description('show what can be installed, and what is')
    .option('--json', 'print one JSON object a line')
    .action(({ json = false }: { readonly json?: boolean }) =>
      runCommand(async () => {
        const { listModels } = await import('../../services/models/manage-models.ts');
        for (const model of await listModels()) {
          if (json) {
            writeJson(model);
            continue;
          }
          const { name, installed, goodAt, languages, licence, download, memoryMB, quality } = model;
          writeLine(`${name}${installed ? '  (installed)' : ''}`);
          writeLine(`  ${goodAt}`);
          const memory = memoryMB === null ? '' : `, about ${memoryMB} MB of memory a process`;
          writeLine(
            `  ${languages.join(', ') || 'language unknown'}; ${licence}; download ${megabytes(download)}${memory}`,
          );
          writeLine(`  ${quality}`);
        }
      }),
    );
}

function verifyCommand(): Command {
  return verboseOption(
    new Command('verify').description('check installed models: their files, and a caption of a drawn picture'),
  )
    .argument('[name]', 'one model (default: all that are installed)')
    .action((name: string | undefined) =>
      runCommand(async ({ interruptible }) => {
        const signal = interruptible();
        const { verifyModel } = await import('../../services/models/manage-models.ts');
        const { listInstalled } = await import('../../workers/installed/list-installed.ts');
        const names = name === undefined ? await listInstalled() : [name];
        if (names.length === 0) writeLine('no model is installed besides the bundled ones');
        for (const each of names) writeLine(await verifyModel(each, signal));
      }),
    );
}

function removeCommand(): Command {
  return new Command('remove')
    .description('remove an installed model')
    .argument('<name>')
    .action((name: string) =>
      runCommand(async () => {
        const { removeModel } = await import('../../workers/installed/install-model.ts');
        await removeModel(name);
        writeLine(`${name} is removed`);
      }),
    );
}

function pathCommand(): Command {
  return new Command('path')
    .description('print the folder of an installed model')
    .argument('<name>')
    .action((name: string) =>
      runCommand(async () => {
        const { installedFolder } = await import('../../workers/installed/install-model.ts');
        writeLine(await installedFolder(name));
      }),
    );
}

/** `secondglance models` */
export function modelsCommand(): Command {
  const command = new Command('models').description('list and install larger captioning models');
  for (const each of [listCommand(), pullCommand(), verifyCommand(), removeCommand(), pathCommand(), importCommand()]) {
    command.addCommand(each.copyInheritedSettings(command));
  }
  return command.addHelpText('after', EXAMPLES);
}
