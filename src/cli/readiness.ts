import { isJsonObject } from '../events/json.ts';
import type { Cli } from './cli.ts';

/** What a check of `doctor` found, and what to do about it. */
export type Finding = {
  readonly name: string;
  readonly status: 'ok' | 'fail' | 'skip';
  readonly detail: string;
  readonly remedy?: string | undefined;
};
export type Found = Omit<Finding, 'name'>;

export const ok = (detail: string): Found => ({ status: 'ok', detail });
export const skip = (detail: string): Found => ({ status: 'skip', detail });
export const fail = (detail: string, remedy?: string): Found => ({ status: 'fail', detail, remedy });

/** What a failing part means, and what to do about it. */
const parts: Readonly<Record<string, readonly [means: string, remedy: string]>> = {
  eventStore: [
    'the event store does not answer: webhooks get 503, and Retell gives up after about a second',
    'See that it runs and that EVENTSTORE_URL names it; the embedded one comes back with the service.',
  ],
  tenants: [
    'the tenants have not been read from the log: no webhook and no API key can be verified',
    'Wait a moment. If it stays so, the log of the service has the reason: the event store, or another MASTER_KEY.',
  ],
  postgres: [
    'Postgres does not answer: webhooks are recorded, queries get 503',
    'See that it runs and that DATABASE_URL names it. Nothing is lost: the read model catches up.',
  ],
};
const behind: readonly [string, string] = [
  'what it shows is behind the log',
  'While it catches up, wait. If it stays so, look for "projection_interrupted" in the log of the service.',
];

const heldUp = (name: string): readonly [string, string] => [
  'this release builds it, and more of it breaks than REBUILD_MAX_PARKED allows; what was live before is shown',
  `The log says why ("projection_interrupted"). Mend the code, or let it go on: call-ledger projections accept-parked ${name}`,
];

const stale: readonly [string, string] = [
  'what it shows is not the fold of the log, which was restored to an earlier state or is another one',
  'After a restore wait: it is built anew by itself. Else see that EVENTSTORE_URL and DATABASE_URL name the right stores.',
];

const notOurs: readonly [string, string] = [
  'the log is not the one that this process has worked with',
  'After a restore it is ready within seconds. Else see that EVENTSTORE_URL names the right store, and that its volume is mounted.',
];

const notWriting: readonly [string, string] = [
  'the event store answers and writes nothing: webhooks get 503, and Retell gives up after about a second',
  'Make room on its disk, or see why it takes no writes. The service finds out by itself when it does again.',
];

/** Of a detail, whichever part it is of. */
function meaningOf(detail: string): readonly [string, string] | undefined {
  if (detail.startsWith('appends fail')) return notWriting;
  if (detail.startsWith('stale')) return stale;
  return detail.startsWith('the log ') ? notOurs : undefined;
}

/** What /health/ready says, part by part. */
export async function readiness({ anyone }: Cli): Promise<readonly Finding[] | Found> {
  const { status, body } = await anyone.ask('GET /health/ready');
  if (!isJsonObject(body) || !isJsonObject(body.checks))
    return fail(`/health/ready answers ${status} and not as known.`);
  const { projections, ...stores } = body.checks;
  const all = [...Object.entries(stores), ...Object.entries(isJsonObject(projections) ? projections : {})];
  const failing = all.flatMap(([name, check]) => {
    const { status, detail } = isJsonObject(check) ? check : {};
    if (status === 'ok') return typeof detail === 'string' && / parked$/.test(detail) ? [parked(name, detail)] : [];
    const words = `${detail}`;
    const [means, remedy] = meaningOf(words) ?? parts[name] ?? (words.startsWith('held up') ? heldUp(name) : behind);
    return [{ name: `ready: ${name}`, ...fail(`${means}${detail ? ` (${detail})` : ''}`, remedy) }];
  });
  return failing.length > 0 ? failing : ok(`all of ${all.map(([name]) => name).join(', ')}`);
}

/** It is ready all the same. */
const parked = (name: string, detail: string): Finding => ({
  name: `ready: ${name}`,
  ...fail(
    `${detail}: a fact of theirs breaks the projection, and what they tell is not shown`,
    `call-ledger parked list --projection ${name} says which and why`,
  ),
});
