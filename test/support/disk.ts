import { execFileSync } from 'node:child_process';

const limitFiles = (pid: number, bytes: string) => execFileSync('prlimit', ['--pid', `${pid}`, `--fsize=${bytes}:`]);

/** From now on no file of the process may grow, as on a disk that is full: each write really fails (EFBIG). */
export const fillDisk = (pid: number): unknown => limitFiles(pid, '1');
export const makeRoom = (pid: number): unknown => limitFiles(pid, 'unlimited');
