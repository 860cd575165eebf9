import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { z } from 'zod';
import type { OperationAnswer } from '../../../administration/answers.ts';
import type { Overview } from '../../../administration/projection-routes.ts';
import { type Api, path } from '../../api.ts';
import { adminOf, type ConsoleContext, type ConsoleEnv } from '../../console-env.ts';
import { act } from '../../layout.ts';
import { action, badge, details, type Html, nothing, polled, progress, rowLink, table, utc } from '../../parts.ts';
import { part } from '../../problems.ts';
import { plain, spaced } from '../../words.ts';
import { showOperations } from './frame.ts';

type Projection = z.infer<typeof Overview>;
type Operation = z.infer<typeof OperationAnswer>;
type Items<Item> = { readonly items: readonly Item[] };
type Check = { readonly status: string; readonly detail?: string };
type Readiness = {
  readonly status: string;
  readonly checks: Readonly<Record<string, Check | Readonly<Record<string, Check>>>>;
};

const operationAddress = (id: string) => path`/console/operations/jobs/${id}`;
const isOpen = ({ state }: Operation) => state === 'queued' || state === 'running';

const bar = (what: string, done: number, total: number): Html => {
  const percent = total === 0 ? 100 : Math.min(100, Math.floor((100 * done) / total));
  return html`${progress(what, percent, 100)} ${percent} %`;
};

const lag = ({ lagEvents, lagSeconds, caughtUp }: Projection): string => {
  if (caughtUp && lagEvents === 0) return 'up to date';
  if (lagEvents === null) return 'not known here how far behind';
  return `${lagEvents} events behind${lagSeconds === null ? '' : `, ${Math.round(lagSeconds)} s`}`;
};

function projection(one: Projection): Html {
  const { name, building, previous } = one;
  const ask = (what: string, text: string) =>
    action(`${path`/console/operations/projections/${name}`}/${what}`, text, {}, `${what}-${name}`);
  return html`<section aria-labelledby="projection-${name}"><h3 id="projection-${name}">${name} ${badge(one.state)}</h3>
${one.stale ? html`<p class="notice bad">What is shown is not the fold of this log, which was restored or is another one.</p>` : nothing}
${details({
  'How far': lag(one),
  Version: one.version,
  Generation: one.generation ?? 'none yet',
  Checkpoint: one.checkpoint ?? 'none',
  'End of the log': one.head ?? 'not known',
  'Being built':
    building &&
    html`generation ${building.generation} ${bar(`Generation ${building.generation}`, building.done, building.total)}${building.parked > 0 ? html`, ${building.parked} streams parked` : nothing}`,
  Before: previous && html`generation ${previous.generation}, until ${utc(previous.replacedAt)}`,
})}
${building?.heldUp ? html`<p class="notice warn">More streams break in it than REBUILD_MAX_PARKED: it waits for a decision. ${ask('accept-parked', 'Go on, whatever is parked')}</p>` : nothing}
<div class="buttons">${one.operationId ? html`<a class="button" href="${operationAddress(one.operationId)}">What is under way</a>` : html`${ask('verify', 'Verify')}${ask('rebuild', 'Rebuild')}${previous ? ask('swap-back', 'Swap back') : nothing}`}</div></section>`;
}

const stateOf = (operation: Operation): Html =>
  isOpen(operation) && operation.progress
    ? html`${badge(operation.state)} ${bar(`${operation.kind} of ${operation.projection}`, operation.progress.done, operation.progress.total)}`
    : badge(operation.state);

const outcomeOf = ({ state, kind, result, error }: Operation): string => {
  if (error) return `${plain(error.code)}: ${error.message}`;
  if (state !== 'succeeded' || !result) return '–';
  if (kind !== 'verify') return `generation ${result.generation} is shown; ${result.parked ?? 0} streams parked`;
  return result.equal === true
    ? `is what the log says: ${result.rowsCompared} rows`
    : `${result.differencesTotal} differences`;
};

const operationTable = (operations: readonly Operation[]): Html =>
  table('What was asked of projections', operations, {
    Asked: ({ id, requestedAt }) => rowLink(id, operationAddress(id), utc(requestedAt)),
    What: ({ kind, projection }) => `${plain(kind)} of ${projection}`,
    State: stateOf,
    Outcome: outcomeOf,
  });

async function checks(api: Api): Promise<Html> {
  const answer = await api.raw('/health/ready');
  const { status, checks } = (await answer.json()) as Readiness;
  const rows = Object.entries(checks).flatMap(([name, check]): [string, Check][] =>
    typeof check.status === 'string' ? [[name, check as Check]] : Object.entries(check as Record<string, Check>),
  );
  return html`<p>${badge(status === 'ok' ? 'ok' : 'unavailable', status === 'ok' ? 'ready' : 'not ready')}</p>
${details(Object.fromEntries(rows.map(([name, { status, detail }]) => [spaced(name), html`${badge(status)} ${detail ?? nothing}`])))}`;
}

async function state(c: ConsoleContext): Promise<Html> {
  const { api } = adminOf(c);
  const ready = await part(() => checks(api));
  let isUnderWay = false;
  const rest = await part(async () => {
    const [projections, operations] = await Promise.all([
      api.get<Items<Projection>>('/api/projections'),
      api.get<Items<Operation>>('/api/operations', { limit: 10 }),
    ]);
    isUnderWay = operations.items.some(isOpen) || projections.items.some(({ building }) => building !== undefined);
    return html`<h2>Projections</h2>${projections.items.map(projection)}
${operations.items.length === 0 ? nothing : html`<h2>Asked of them</h2>${operationTable(operations.items)}`}`;
  });
  return polled('state', '/console/operations', isUnderWay, html`<h2>This process</h2>${ready}${rest}`);
}

type Difference = Readonly<Record<string, unknown>>;
const shown = (value: unknown): string | undefined =>
  value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value);
const SHOWN = 100;

async function job(c: ConsoleContext, id: string): Promise<Html> {
  const operation = await adminOf(c).api.get<Operation>(path`/api/operations/${id}`);
  const { requestedAt, startedAt, finishedAt, result = {} } = operation;
  const differences = (result.differences ?? []) as readonly Difference[];
  const figures = Object.entries(result).filter(([, value]) => typeof value !== 'object');
  return polled(
    'job',
    operationAddress(id),
    isOpen(operation),
    html`<p>${stateOf(operation)} ${isOpen(operation) ? nothing : outcomeOf(operation)}</p>
${details({
  Asked: utc(requestedAt),
  Begun: startedAt && utc(startedAt),
  Ended: finishedAt && utc(finishedAt),
  ...Object.fromEntries(figures.map(([name, value]) => [spaced(name), `${value}`])),
})}
${isOpen(operation) ? action(`${operationAddress(id)}/cancel`, 'Cancel it') : nothing}
${
  differences.length === 0
    ? nothing
    : html`<h2>What differs</h2><p>A rebuild mends it.</p>${table('Differences', differences.slice(0, SHOWN), {
        Table: (one) => shown(one.table),
        Key: (one) => shown(one.key),
        Column: (one) => shown(one.column) ?? shown(one.row),
        Shown: (one) => shown(one.live),
        'By the log': (one) => shown(one.rebuilt),
      })}`
}`,
  );
}

/** `GET /console/operations`: how this process and the projections are, and what can be asked of them. */
export function statePages(app: Hono<ConsoleEnv>): void {
  showOperations(app, '/console/operations', 'State', state);
  showOperations(app, '/console/operations/jobs/:id', 'Asked of a projection', (c) => job(c, c.req.param('id')));
  for (const kind of ['rebuild', 'verify', 'swap-back'] as const)
    act(app, `/console/operations/projections/:name/${kind}`, async (c) => {
      const to = `${path`/api/projections/${c.req.param('name')}`}/${kind}`;
      const { operationId } = await adminOf(c).api.send<{ operationId: string }>('POST', to);
      return operationAddress(operationId);
    });
  act(app, '/console/operations/projections/:name/accept-parked', async (c) => {
    await adminOf(c).api.send('POST', path`/api/projections/${c.req.param('name')}/accept-parked`);
    return '/console/operations';
  });
  act(app, '/console/operations/jobs/:id/cancel', async (c) => {
    const id = c.req.param('id');
    await adminOf(c).api.send('POST', path`/api/operations/${id}/cancel`);
    return `${operationAddress(id)}?done=cancelled_operation`;
  });
}
