#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { runNode24 } from '../scripts/node24.mjs';

runNode24([fileURLToPath(new URL('../cli/main.ts', import.meta.url)), ...process.argv.slice(2)]);
