#!/usr/bin/env node
// npm runs this with the system's Node; the sources need the one this package brings along, where there is one.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const { platform, arch, execPath } = process;
const isWindows = platform === 'win32';

function ownNode() {
  try {
    const found = createRequire(import.meta.url).resolve(`node-${isWindows ? 'win' : platform}-${arch}/package.json`);
    return join(dirname(found), 'bin', isWindows ? 'node.exe' : 'node');
  } catch {
    return execPath;
  }
}

const cli = join(import.meta.dirname, '../src/cli/main.ts');
spawn(ownNode(), [cli, ...process.argv.slice(2)], { stdio: 'inherit' }).on('exit', (code) => process.exit(code ?? 1));
