import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export type Running = { readonly url: string; readonly pid: number; stop(): Promise<void> };

/** Starts a program of ours and resolves with the first http address that it prints. */
export function start(file: string, environment: Readonly<Record<string, string>>): Promise<Running> {
  const child = spawn(process.execPath, [file], {
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const leash = () => child.kill('SIGKILL');
  process.once('exit', leash);
  void exited.then(() => process.off('exit', leash));
  return new Promise((resolve, reject) => {
    void exited.then(() => reject(new Error(`${file} ended before it listened`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
      if (url !== undefined)
        resolve({
          url,
          pid: child.pid!,
          async stop() {
            child.kill('SIGTERM');
            await exited;
          },
        });
    });
  });
}
