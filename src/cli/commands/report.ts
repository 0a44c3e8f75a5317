import { Command } from 'commander';
import type { ReportFlags } from '../actions/run-report.ts';
import { runCommand } from '../run-command.ts';

const EXAMPLES = `
Examples:
  secondglance report                                the last 24 hours, as secondglance-report-2026-11-25.html
  secondglance report --date yesterday -o /srv/www/cameras.html
  secondglance report --since "yesterday 20:00" --until 07:00 -o night.html
  secondglance report --since 2026-11-20 --until 2026-11-24
  secondglance report -o - | mail -a 'Content-Type: text/html' -s cameras me@example.org

Writes one self-contained HTML file. Days are in the time zone of the cameras.
Exit codes: 0 written, 1 failed, 2 wrong usage.`;

/** `secondglance report` */
export function reportCommand(): Command {
  return new Command('report')
    .description('write an HTML report of what the cameras recorded')
    .option('--date <day>', 'one day: today, yesterday, 2026-11-24 (default: the last 24 hours)')
    .option('--since <time>', 'start of the time range, as in search')
    .option('--until <time>', 'end of the time range (default: now)')
    .option('-o, --output <file>', 'where to write; - is stdout')
    .option('--state <file>', 'database of watch (default: in the state folder)')
    .option('--force', 'overwrite a file that secondglance did not write')
    .option('--quiet', 'print failures only')
    .option('--json', 'print the counts as JSON on stdout')
    .addHelpText('after', EXAMPLES)
    .action((flags: ReportFlags) =>
      runCommand(async () => {
        const { runReport } = await import('../actions/run-report.ts');
        return runReport(flags);
      }),
    );
}
