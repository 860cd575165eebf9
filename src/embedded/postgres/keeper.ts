// A process between the service and Postgres, started by launch.ts. It stops Postgres when its channel to the service
// closes, which also happens when the service is killed.

import { spawn } from 'node:child_process';
import type { KeeperOrders } from './launch.ts';
import { identity } from './os-user.ts';

const { program, args, user } = JSON.parse(process.argv[2] ?? '') as KeeperOrders;

const postgres = spawn(program, args, {
  cwd: '/',
  env: { LC_ALL: 'C', TZ: 'UTC' },
  stdio: ['ignore', 'inherit', 'inherit'],
  ...identity(user),
});
postgres.on('spawn', () => process.send?.({ pid: postgres.pid }, () => {}));
postgres.on('error', (error) => {
  console.error(`FATAL: cannot run ${program}: ${error.message}`);
  process.exit(1);
});
postgres.on('exit', (code) => process.exit(code ?? 1));

let stopping = false;
function stop() {
  if (stopping) return;
  stopping = true;
  postgres.kill('SIGINT'); // "fast": ends connections, writes everything, exits
  setTimeout(() => postgres.kill('SIGQUIT'), 20_000); // "immediate": nothing committed to disk is lost, recovery at next start
  setTimeout(() => postgres.kill('SIGKILL'), 25_000);
}

// Also when the service was gone before we began: Node emits it once we listen.
process.on('disconnect', stop);
process.on('uncaughtException', stop);
// A Ctrl-C or a manager's SIGTERM is for the service, which may still need its database to finish; then it closes the channel.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {});
