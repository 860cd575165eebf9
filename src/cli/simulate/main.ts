/** `npm run simulate`: Retell, emulated, before a running service; then a check that what came out is what went in. */
import { once } from 'node:events';
import { randomFrom } from '../../retell-emulator/random.ts';
import { readOptions } from './options.ts';
import { simulatedService } from './service.ts';
import { openTraffic, type Traffic } from './traffic.ts';

const options = await readOptions();
const { url, seed } = options;
const began = new Date();
const service = simulatedService(url, { apiKey: options.apiKey, adminKey: options.adminKey });

const { retell, play } = await openTraffic({
  ...{ serviceUrl: url, key: options.key, apiKey: options.retellKey, seed, lose: options.lose },
  port: options.retellPort ?? 0,
}).catch((error: Error) => {
  console.error(`Retell cannot listen on port ${options.retellPort}: ${error.message}. Choose another --retell-port.`);
  process.exit(2);
});

/** Compares the service with what was sent; what was lost has to be reconciled first. */
async function compare({ calls, lost, surprises }: Traffic) {
  // What was not accepted never shows, so waiting for it longer is of no use.
  const withinMs = surprises.length === 0 ? 15_000 : 2_000;
  if (lost === 0) return { rows: await service.rowsOnceAsSent(calls, withinMs), asked: '' };
  // First what arrived: the service then knows where each agent's calls belong.
  await service.rowsOnceAsSent(
    calls.filter((call) => call.arrived()),
    withinMs,
  );
  const recorded = await service.reconcile(new Date(began.getTime() - 900_000));
  return {
    rows: await service.rowsOnceAsSent(calls, withinMs),
    asked: `, ${lost} lost and ${recorded} facts reconciled`,
  };
}

try {
  const traffic = await play(options.calls, Date.now().toString(36), randomFrom(seed));
  const { calls, sent, duplicates, tampered, surprises } = traffic;
  const { rows, asked } = await compare(traffic);
  console.table(rows);
  const wrong = rows.filter((row) => row.as_sent !== 'yes').length;
  for (const surprise of surprises.slice(0, 10)) console.error(`unexpected answer: ${surprise}`);
  console.log(
    `${calls.length} calls, ${sent} webhooks sent (${duplicates} duplicates, ${tampered} tampered)${asked}, ` +
      `${surprises.length} unexpected answers, ${rows.length - wrong} calls as sent, ${wrong} not. Seed ${seed}.`,
  );
  console.log(`Look at them: ${new URL('/console', url)}, signed in with the API_KEY.`);
  process.exitCode = wrong === 0 && surprises.length === 0 ? 0 : 1;
  if (options.stay) {
    console.log(`Retell stays at ${retell.url} until Ctrl-C.`);
    await once(process, 'SIGINT');
  }
} catch (error) {
  console.error(`The service at ${url} does not answer as expected: ${(error as Error).message}`);
  console.error('Is it running (npm start), and do the keys belong to it (--data-dir, --key, --api-key, --admin-key)?');
  if (options.lose > 0) console.error(`Was it started with RETELL_BASE_URL=${retell.url} and RETELL_API_KEY?`);
  process.exitCode = 2;
}
await retell.stop();
