import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { StoreAnswer, StoreRequest } from './store-host.ts';

let host: ChildProcess | undefined;
let requests = 0;

/** An embedded node for a test that neither kills, stops nor looks at its process: all of a worker's are served by one. */
export async function startHostedStore({ dataDir }: { readonly dataDir: string }) {
  const id = ++requests;
  const { url } = await ask({ id, dataDir });
  return {
    url: url!,
    async stop(): Promise<void> {
      await ask({ id: ++requests, stop: id });
    },
  };
}
export type HostedStore = Awaited<ReturnType<typeof startHostedStore>>;

async function ask(request: StoreRequest): Promise<StoreAnswer> {
  host ??= startHost();
  const child = host;
  const { promise, resolve, reject } = Promise.withResolvers<StoreAnswer>();
  const onMessage = (answer: StoreAnswer) => answer.id === request.id && resolve(answer);
  const onExit = () => reject(new Error('the event stores of these tests are gone'));
  child.on('message', onMessage).once('exit', onExit);
  child.send(request);
  const answer = await promise.finally(() => child.off('message', onMessage).off('exit', onExit));
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer;
}

/** It ends with this process, which it does not keep alive. */
function startHost(): ChildProcess {
  const child = fork(join(import.meta.dirname, 'store-host.ts'), { execArgv: [], stdio: 'inherit' });
  child.setMaxListeners(0);
  child.unref();
  child.channel?.unref();
  return child.once('exit', () => {
    host = undefined;
  });
}
