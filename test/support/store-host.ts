// A process that serves the event logs of many tests: a node of its own costs each of them half a second of CPU.
import { lockDataDirectory } from '../../src/embedded/event-store/data-directory.ts';
import { serve } from '../../src/embedded/event-store/server.ts';
import { newToken } from '../../src/embedded/event-store/token.ts';

export type StoreRequest = { readonly id: number } & ({ readonly dataDir: string } | { readonly stop: number });
export type StoreAnswer = { readonly id: number; readonly url?: string; readonly error?: string };

/** One for all, as a node that is started again has: a relay may lead from one to another. */
const TOKEN = newToken();
const running = new Map<number, () => Promise<void>>();

async function answer(request: StoreRequest): Promise<Omit<StoreAnswer, 'id'>> {
  if ('stop' in request) {
    await running.get(request.stop)?.();
    running.delete(request.stop);
    return {};
  }
  const directory = lockDataDirectory(request.dataDir);
  const node = await serve(directory.events, '127.0.0.1', 0, TOKEN);
  running.set(request.id, () => node.stop().finally(directory.release));
  return { url: node.url };
}

process.umask(0o077);
process.on('message', async (request: StoreRequest) => {
  const said = await answer(request).catch((error: unknown) => ({ error: String(error) }));
  process.send?.({ id: request.id, ...said } satisfies StoreAnswer);
});
process.on('disconnect', () => process.exit());
