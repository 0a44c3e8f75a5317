import { availableParallelism, cpus } from 'node:os';
import type { LoadedSettings } from '../../config/load.ts';
import { VERSION } from '../../core/version.ts';
import { inspectFfmpeg } from '../../ingest/ffmpeg/inspect-ffmpeg.ts';
import { executionProviders } from '../../workers/bundle/graph-sessions.ts';
import type { CaptionModel } from '../../workers/captioner.ts';
import { isLocal, loadModel, type ModelChoice } from '../../workers/load-model.ts';
import { defaultProcesses } from '../../workers/pool/cores.ts';
import { check, type Finding } from './finding.ts';
import { checkCaption, checkProvider } from './model-checks.ts';
import { runQueueChecks } from './queue-checks.ts';

/** Checks everything that a run needs, including the bundle `model` and the services' settings, by trying it. Never throws. */
export async function runDiagnostics(
  model: ModelChoice | undefined,
  loaded: LoadedSettings,
  verbose: boolean,
): Promise<Finding[]> {
  const { signal } = new AbortController();
  const { device } = loaded.settings;
  const asked = typeof model === 'string' ? { name: model } : model;
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

  let present: CaptionModel | undefined;
  findings.push(
    await check('bundle', verbose, async () => {
      present = await loadModel({ ...asked, provider: device === 'auto' ? 'cpu' : device });
      const { name, version: edition, sha256 } = present.model;
      const { minConfidence: least } = present;
      const files = isLocal(present)
        ? ` in ${present.local.folder}; ${present.local.fileCount} files, checksums match`
        : '';
      return {
        name: 'bundle',
        state: 'ok',
        message: `${name} ${edition}${files} (${sha256.slice(0, 12)})${least === 0 ? '' : `; captions of a confidence below ${least} are left out of tracks`}`,
      };
    }),
  );
  const found = present;
  if (found !== undefined) {
    if (isLocal(found)) findings.push(await check('provider', verbose, () => checkProvider(found.local)));
    findings.push(await check('test', verbose, () => checkCaption(found, signal)));
  }
  return [...findings, ...(await runQueueChecks(loaded, verbose))];
}
