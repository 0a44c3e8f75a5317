import { Command } from 'commander';
import { runCommand } from '../run-command.ts';
import type { ReportFlags } from './report-run.ts';

const EXAMPLES = `
Examples:
  secondglance report                                the last 24 hours, as secondglance-report-2026-11-25.html
  secondglance report --date yesterday -o /srv/www/cameras.html
  secondglance report --since 2026-11-20 --until 2026-11-24
  secondglance report -o - | mail -a 'Content-Type: text/html' -s cameras me@example.org

One HTML file with all that it shows in it. Days are those of the recorders' zone.
Exit codes: 0 written, 1 not, 2 wrong usage.`;

/** `secondglance report` */
export function reportCommand(): Command {
  return new Command('report')
    .description('write a page of what the cameras saw, and of what became of their recordings')
    .option('--date <day>', 'of one day: today, yesterday, 2026-11-24 (default: the last 24 hours)')
    .option('--since <time>', 'from then on, as search takes it')
    .option('--until <time>', 'before then (default: now)')
    .option('-o, --output <file>', 'where it goes; - is standard output')
    .option('--state <file>', 'the state file of watch (default: in the state folder)')
    .option('--force', 'write over what secondglance did not write')
    .option('--quiet', 'nothing on stderr but failures')
    .option('--json', 'what it counts, as JSON on stdout')
    .addHelpText('after', EXAMPLES)
    .action((flags: ReportFlags) =>
      runCommand(async () => {
        const { runReport } = await import('./report-run.ts');
        return runReport(flags);
      }),
    );
}
