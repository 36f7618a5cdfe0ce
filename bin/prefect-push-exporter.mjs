#!/usr/bin/env -S node --
import { fileURLToPath } from 'node:url';
import { runNode24 } from '../scripts/node24.mjs';

// Behind `--`, as above: Node looks for its own --env-file in the whole command line.
runNode24(['--', fileURLToPath(new URL('../cli/main.ts', import.meta.url)), ...process.argv.slice(2)]);
