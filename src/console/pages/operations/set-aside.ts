import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { z } from 'zod';
import type {
  Parked as ParkedAnswer,
  ParkedDetail as ParkedDetailAnswer,
} from '../../../administration/parked-routes.ts';
import type { DeadLetters as DeadLettersAnswer } from '../../../reactions/ticket-mail/mail-routes.ts';
import type { QuarantineItem, QuarantineReview } from '../../../read-api/quarantine.ts';
import { type Page, path } from '../../api.ts';
import { adminOf, type ConsoleContext, type ConsoleEnv } from '../../console-env.ts';
import { act } from '../../layout.ts';
import { action, badge, details, type Html, nothing, pager, rowLink, table, utc } from '../../parts.ts';
import { part } from '../../problems.ts';
import { evidenceSentence, plain, sentence } from '../../words.ts';
import { showOperations } from './frame.ts';

type Parked = z.infer<typeof ParkedAnswer>;
type ParkedDetail = z.infer<typeof ParkedDetailAnswer>;
type DeadLetters = z.infer<typeof DeadLettersAnswer>;

const HERE = '/console/operations/set-aside';
const parkedAddress = (id: string) => path`/console/operations/parked/${id}`;
const quarantineAddress = (id: string) => path`/console/operations/quarantine/${id}`;

async function parkedStreams(c: ConsoleContext): Promise<Html> {
  const { items, nextCursor } = await adminOf(c).api.get<Page<Parked>>('/api/parked', {
    cursor: c.req.query('parked'),
  });
  return html`${table(
    'Parked streams, the newest first',
    items,
    {
      Parked: ({ id, parkedAt }) => rowLink(id, parkedAddress(id), utc(parkedAt)),
      Stream: ({ stream }) => html`<span class="id">${stream}</span>`,
      Fact: ({ type }) => type,
      Why: ({ error }) => error,
      Waiting: ({ waiting }) => waiting,
      Do: ({ id, redriveRequested }) =>
        redriveRequested
          ? badge('queued', 'redrive asked for')
          : action(`${parkedAddress(id)}/redrive`, 'Redrive', {}, `redrive-${id}`),
    },
    'None.',
  )}${pager(HERE, {}, nextCursor, 'parked')}`;
}

async function quarantine(c: ConsoleContext): Promise<Html> {
  const { items, nextCursor } = await adminOf(c).api.get<Page<QuarantineItem>>('/api/quarantine', {
    cursor: c.req.query('cursor'),
  });
  return html`${table(
    'Deliveries in quarantine, the newest first',
    items,
    {
      Received: ({ id, receivedAt }) => rowLink(id, quarantineAddress(id), utc(receivedAt)),
      Tenant: ({ tenantId }) => tenantId,
      Endpoint: ({ endpoint }) => endpoint,
      Why: ({ reason }) => sentence('quarantine', reason),
      Bytes: ({ size }) => size,
      Do: ({ id }) => action(`${quarantineAddress(id)}/retry`, 'Try again', {}, `retry-${id}`),
    },
    'Nothing.',
  )}${pager(HERE, {}, nextCursor)}`;
}

async function deadLetters(c: ConsoleContext): Promise<Html> {
  const { items } = await adminOf(c).api.get<DeadLetters>('/api/mail/dead-letters');
  return table(
    'Mails that were given up, the oldest first',
    items,
    {
      Since: ({ since }) => utc(since),
      Tenant: ({ tenantId }) => tenantId,
      Ticket: ({ ticketId }) => html`<span class="id">${ticketId}</span>`,
      Why: ({ reason }) => plain(reason),
      Do: ({ tenantId, ticketId }) =>
        action(path`/console/operations/mails/${tenantId}/${ticketId}/redrive`, 'Send again', {}, `mail-${ticketId}`),
    },
    'None.',
  );
}

async function setAside(c: ConsoleContext): Promise<Html> {
  const [streams, deliveries, mails] = await Promise.all([
    part(() => parkedStreams(c)),
    part(() => quarantine(c)),
    part(() => deadLetters(c)),
  ]);
  return html`<h2>Parked streams</h2><p class="faint">A fact of theirs breaks the projection; what came later waits behind it. Nothing is lost.</p>${streams}
<h2>Quarantine</h2><p class="faint">Signed deliveries that no fact can be made of. They were answered 204 and are kept.</p>${deliveries}
<h2>Mails that were given up</h2>${mails}`;
}

async function parkedOne(c: ConsoleContext, id: string): Promise<Html> {
  const one = await adminOf(c).api.get<ParkedDetail>(path`/api/parked/${id}`);
  return html`<p class="notice bad">${one.error}</p>
${details({
  Stream: one.stream,
  Fact: `${one.type}, position ${one.position}, revision ${one.revision}`,
  Parked: utc(one.parkedAt),
  'Redrives that failed': one.attempts,
})}
${action(`${parkedAddress(id)}/redrive`, 'Redrive')}
${
  one.waitingFacts.length === 0
    ? nothing
    : html`<h2>What waits behind it</h2>${table('Waiting facts', one.waitingFacts, {
        Recorded: ({ recordedAt }) => utc(recordedAt),
        Fact: ({ type }) => type,
        Position: ({ position }) => position,
      })}`
}
<p>What to do: <a href="/guide/docs/operations#parked-streams">docs/operations.md</a>, "Parked streams".</p>`;
}

async function quarantined(c: ConsoleContext, id: string): Promise<Html> {
  const one = await adminOf(c).api.get<QuarantineReview>(path`/api/quarantine/${id}`);
  const { body } = one;
  return html`<p>${sentence('quarantine', one.reason)}</p>
${details({
  Tenant: one.tenantId,
  Endpoint: one.endpoint,
  Received: utc(one.receivedAt),
  Bytes: one.size,
  Evidence: html`${badge(one.evidence)} ${evidenceSentence(one.evidence)}`,
})}
${one.released ? html`<p class="notice good">Released ${utc(one.released.at)}.</p>` : action(`${quarantineAddress(id)}/retry`, 'Try again')}
${body ? html`<h2>What was sent</h2><p class="faint">Personal data; that you have looked is in the audit trail.${body.truncated ? ' Cut off.' : nothing}</p><pre class="mail" tabindex="0">${body.content}</pre>` : nothing}`;
}

/** `GET /console/operations/set-aside`: what waits for somebody, and trying it again. */
export function setAsidePages(app: Hono<ConsoleEnv>): void {
  showOperations(app, HERE, 'Set aside', setAside);
  showOperations(app, '/console/operations/parked/:id', 'A parked stream', (c) => parkedOne(c, c.req.param('id')));
  showOperations(app, '/console/operations/quarantine/:id', 'In quarantine', (c) => quarantined(c, c.req.param('id')));
  const tryAgain = async (c: ConsoleContext, to: string): Promise<string> =>
    (await adminOf(c).api.send<{ outcome: string }>('POST', to)).outcome;
  act(app, '/console/operations/parked/:id/redrive', async (c) => {
    const outcome = await tryAgain(c, path`/api/parked/${c.req.param('id')}/redrive`);
    return `${HERE}?done=${outcome === 'redriven' ? 'stream_redriven' : outcome}`;
  });
  act(app, '/console/operations/quarantine/:id/retry', async (c) => {
    const outcome = await tryAgain(c, path`/api/quarantine/${c.req.param('id')}/retry`);
    return `${HERE}?done=${outcome}`;
  });
  act(app, '/console/operations/mails/:tenant/:ticket/redrive', async (c) => {
    const { tenant, ticket } = c.req.param();
    return `${HERE}?done=${await tryAgain(c, path`/api/tenants/${tenant}/tickets/${ticket}/mail/redrive`)}`;
  });
}
