import { availableParallelism, cpus } from 'node:os';
import type { LoadedSettings } from '../../config/load.ts';
import { VERSION } from '../../core/version.ts';
import { inspectFfmpeg } from '../../ingest/ffmpeg/inspect-ffmpeg.ts';
import { type Bundle, loadBundle } from '../../workers/bundle/bundle.ts';
import { executionProviders } from '../../workers/bundle/graph-sessions.ts';
import { defaultProcesses } from '../../workers/pool/cores.ts';
import { check, type Finding } from './finding.ts';
import { checkCaption, checkProvider } from './model-checks.ts';
import { runQueueChecks } from './queue-checks.ts';

/** Checks everything that a run needs, including the bundle `model` and the services' settings, by trying it. Never throws. */
export async function runDiagnostics(model: string, loaded: LoadedSettings, verbose: boolean): Promise<Finding[]> {
  const { signal } = new AbortController();
  const { device } = loaded.settings;
  const findings: Finding[] = [
    { name: 'secondglance', state: 'ok', message: VERSION },
    { name: 'node', state: 'ok', message: `${process.version} on ${process.platform} ${process.arch}` },
    {
      name: 'cores',
      state: 'ok',
      message: `${availableParallelism()} (${cpus()[0]?.model.trim() ?? 'unknown'}); ${defaultProcesses()} inference processes by default`,
    },
  ];
  findings.push(
    await check('ffmpeg', verbose, async () => {
      const { version, path: where, missingDecoders, toneMapping } = await inspectFfmpeg(signal);
      const lacks = [...missingDecoders.map((codec) => `no ${codec}`), ...(toneMapping ? [] : ['no tone mapping'])];
      const tail = lacks.length === 0 ? 'all usual decoders, tone mapping' : lacks.join(', ');
      return {
        name: 'ffmpeg',
        state: lacks.length === 0 ? 'ok' : 'warn',
        message: `${version} at ${where}; ${tail}`,
      };
    }),
  );
  const { version, providers } = executionProviders();
  const names = providers.map(({ name, bundled }) => (bundled ? name : `${name} (not installed)`));
  findings.push({ name: 'onnxruntime', state: 'ok', message: `${version}; it has ${names.join(', ')}` });

  let bundle: Bundle | undefined;
  findings.push(
    await check('bundle', verbose, async () => {
      bundle = await loadBundle(model, { provider: device === 'auto' ? 'cpu' : device });
      const { name, version: edition, sha256 } = bundle.model;
      const { minConfidence: least } = bundle.manifest.generation;
      return {
        name: 'bundle',
        state: 'ok',
        message: `${name} ${edition} in ${bundle.folder}; ${Object.keys(bundle.files).length + bundle.data.length} files, checksums match (${sha256.slice(0, 12)})${least === 0 ? '' : `; captions of a confidence below ${least} are left out of tracks`}`,
      };
    }),
  );
  const present = bundle;
  if (present !== undefined) {
    findings.push(await check('provider', verbose, () => checkProvider(present)));
    findings.push(await check('test', verbose, () => checkCaption(present, signal)));
  }
  return [...findings, ...(await runQueueChecks(loaded, verbose))];
}
