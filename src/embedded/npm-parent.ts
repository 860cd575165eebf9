const LOOKED_AT_EVERY_MS = 250;

/**
 * Calls back, once, when the npm that has started this process as its script `name` is gone. An npm that is told to stop ends
 * its shell and itself, and tells nobody else: what it has started would go on where no manager finds it, and keep its data
 * from the next one. Another parent is how a process notices. Who was not started by npm may outlive whom it likes.
 */
export function onceNpmIsGone(name: string, stop: () => void): void {
  if (process.env.npm_lifecycle_event !== name) return;
  const parent = process.ppid;
  const looking = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(looking);
    stop();
  }, LOOKED_AT_EVERY_MS).unref();
}
