import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const PYTHON = '/usr/bin/python3';

function missing(): string | undefined {
  try {
    const check = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer";
    execFileSync(PYTHON, ['-c', check], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'GStreamer has no RTSP server here (gir1.2-gst-rtsp-server-1.0)';
  }
}

/** Why there is no RTSP server; undefined where there is one. `.ci/run` installs it where apt can. */
export const NO_GSTREAMER = missing();

/** How an RTSP server runs. */
export interface RtspServer {
  readonly credentials?: readonly string[];
  /** Default: the loopback. */
  readonly address?: string;
  /** The network namespace in which it runs. */
  readonly namespace?: string;
}

/** Starts GStreamer's RTSP server: `rtsp://ADDRESS:PORT/cam` is a red picture. */
export async function startRtspServer(port: number, server: RtspServer = {}): Promise<ChildProcess> {
  const { credentials = [], address = '127.0.0.1', namespace } = server;
  const inside = namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace];
  const script = join(import.meta.dirname, 'rtsp-server.py');
  const [program = PYTHON, ...args] = [...inside, PYTHON, script, String(port), ...credentials];
  const env = { ...process.env, RTSP_ADDRESS: address };
  const started = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  await once(started.stdout, 'data');
  return started;
}
