import { Command } from 'commander';
import type { SettingFlags } from '../../config/load.ts';
import type { LiveFlags } from '../../live/live-settings.ts';
import type { LiveOutputFlags } from '../../live/outputs/live-output-settings.ts';
import { liveOutputOptions } from '../live-output-options.ts';
import { eventsOption, modelOptions, outputOptions, passesOption, readTextOption, workersOption } from '../options.ts';
import { runCommand } from '../run-command.ts';

const EXAMPLES = `
Examples:
  secondglance live rtsp://10.0.0.5/stream1
  secondglance live 'front=rtsp://admin:\${FRONT_PASSWORD}@10.0.0.5/s1' 'yard=rtsp://10.0.0.6/s1'
  secondglance live --sources cameras.txt                one NAME=ADDRESS a line; keeps passwords to itself with chmod 600
  secondglance live https://example.org/live.m3u8 --json
  secondglance live 'udp://239.0.0.1:1234' 'srt://encoder:9000' rtmp://example.org/app/key
  secondglance live /dev/video0 --frames motion          a camera of this machine (macOS: avfoundation:0)
  secondglance live recording.ts                         a file that another program writes
  secondglance live --sources cameras.txt -o /srv/captions --state cams.db --notify person --mqtt mqtt://broker/eyes

\${NAME} in an address stands for that variable of the environment, so that passwords stay off the command line.
A source that is away is tried again, with growing delays. When the captioner falls behind, it captions the newest frame.
docs/live.md says more.
Exit codes: 0 all sources ended, 1 none could be opened, 2 wrong usage, 3 some could not be opened, 130 or 143 after a signal.`;

/** `secondglance live <source...>` */
export function liveCommand(): Command {
  const command = new Command('live')
    .description('caption cameras and streams as they come')
    .argument('[source...]', 'addresses (rtsp, http, udp, rtp, srt, rtmp), devices, and files that grow')
    .option('--sources <file>', 'read further sources from a file, one a line')
    .option('--rtsp-transport <tcp|udp>', 'how RTSP sources send', 'tcp')
    .option('--no-follow', 'read files once, at their own pace, and end with them')
    .option('--frames <selector>', 'frames to caption: auto, keyframes, motion, every:TIME (such as every:2s)', 'auto');
  liveOutputOptions(command);
  return outputOptions(
    workersOption(readTextOption(modelOptions(eventsOption(passesOption(command))))).option(
      '--min-confidence <0..1>',
      'leave less confident captions out of cues; 0 keeps all (default: set by the bundle)',
    ),
    'print events and a summary as NDJSON on stdout',
  )
    .addHelpText('after', EXAMPLES)
    .action((sources: string[], flags: LiveFlags & LiveOutputFlags & SettingFlags) =>
      runCommand(async ({ interruptible }) => {
        const signal = interruptible();
        const { readLiveSettings } = await import('../../live/live-settings.ts');
        const { readLiveOutputSettings } = await import('../../live/outputs/live-output-settings.ts');
        const { loadSettings } = await import('../../config/load.ts');
        const settings = await readLiveSettings(sources, flags);
        const names = settings.sources.map(({ name }) => name);
        const outputs = readLiveOutputSettings(names, flags, (await loadSettings({ flags })).settings);
        const { runLiveCommand } = await import('../actions/run-live-command.ts');
        return runLiveCommand(settings, outputs, signal);
      }),
    );
}
