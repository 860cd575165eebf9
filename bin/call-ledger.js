#!/usr/bin/env node
// npm runs this with the system's Node; the sources need the one this package brings along.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const runtime = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin/node');
const cli = join(import.meta.dirname, '../src/cli/main.ts');
spawn(runtime, [cli, ...process.argv.slice(2)], { stdio: 'inherit' }).on('exit', (code) => process.exit(code ?? 1));
