const CHECK_EVERY_MS = 250;

/**
 * Calls back once when the npm that runs this process as its script `name` is gone: npm leaves it running, and it
 * would keep its data directory locked.
 */
export function onceNpmIsGone(name: string, stop: () => void): void {
  if (process.env.npm_lifecycle_event !== name) return;
  const parent = process.ppid;
  const checks = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(checks);
    stop();
  }, CHECK_EVERY_MS).unref();
}
