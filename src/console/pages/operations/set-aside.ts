import type { Hono } from 'hono';
import { html } from 'hono/html';
import type { z } from 'zod';
import type {
  Parked as ParkedAnswer,
  ParkedDetail as ParkedDetailAnswer,
} from '../../../administration/parked-routes.ts';
import type { QuarantineItem, QuarantineReview } from '../../../read-api/quarantine.ts';
import { type Page, path } from '../../api.ts';
import { adminOf, type ConsoleContext, type ConsoleEnv } from '../../console-env.ts';
import { action, badge, details, type Html, nothing, pager, table, time } from '../../parts.ts';
import { part } from '../../problems.ts';
import { evidenceSentence, plain, sentence } from '../../words.ts';
import { operationsPage } from './frame.ts';

type Parked = z.infer<typeof ParkedAnswer>;
type ParkedDetail = z.infer<typeof ParkedDetailAnswer>;
type DeadLetter = {
  readonly tenantId: string;
  readonly ticketId: string;
  readonly reason: string;
  readonly since: string;
};

const ZONE = 'UTC';
const HERE = '/console/operations/set-aside';
const parkedAddress = (id: string) => path`/console/operations/parked/${id}`;
const quarantineAddress = (id: string) => path`/console/operations/quarantine/${id}`;

async function parkedStreams(c: ConsoleContext): Promise<Html> {
  const { items, nextCursor } = await adminOf(c).api.get<Page<Parked>>('/api/parked', {
    cursor: c.req.query('parked'),
  });
  if (items.length === 0) return html`<p>None.</p>`;
  return html`${table(
    'Parked streams, the newest first',
    ['Parked', 'Stream', 'Fact', 'Why', 'Waiting', 'Do'],
    items.map((one) => [
      html`<a id="row-${one.id}" href="${parkedAddress(one.id)}">${time(one.parkedAt, ZONE)}</a>`,
      html`<span class="id">${one.stream}</span>`,
      one.type,
      one.error,
      one.waiting,
      one.redriveRequested
        ? badge('queued', 'redrive asked for')
        : action(`${parkedAddress(one.id)}/redrive`, 'Redrive', {}, `redrive-${one.id}`),
    ]),
  )}${nextCursor === null ? nothing : html`<p><a href="${HERE}?${new URLSearchParams({ parked: nextCursor })}">Older</a></p>`}`;
}

async function quarantine(c: ConsoleContext): Promise<Html> {
  const { items, nextCursor } = await adminOf(c).api.get<Page<QuarantineItem>>('/api/quarantine', {
    cursor: c.req.query('cursor'),
  });
  if (items.length === 0) return html`<p>Nothing.</p>`;
  return html`${table(
    'Deliveries in quarantine, the newest first',
    ['Received', 'Tenant', 'Endpoint', 'Why', 'Bytes', 'Do'],
    items.map((one) => [
      html`<a id="row-${one.id}" href="${quarantineAddress(one.id)}">${time(one.receivedAt, ZONE)}</a>`,
      one.tenantId,
      one.endpoint,
      sentence('quarantine', one.reason),
      one.size,
      action(`${quarantineAddress(one.id)}/retry`, 'Try again', {}, `retry-${one.id}`),
    ]),
  )}${pager(HERE, {}, nextCursor)}`;
}

async function deadLetters(c: ConsoleContext): Promise<Html> {
  const { items } = await adminOf(c).api.get<{ items: readonly DeadLetter[] }>('/api/mail/dead-letters');
  if (items.length === 0) return html`<p>None.</p>`;
  return table(
    'Mails that were given up, the oldest first',
    ['Since', 'Tenant', 'Ticket', 'Why', 'Do'],
    items.map((one) => [
      time(one.since, ZONE),
      one.tenantId,
      html`<span class="id">${one.ticketId}</span>`,
      plain(one.reason),
      action(
        path`/console/operations/mails/${one.tenantId}/${one.ticketId}/redrive`,
        'Send again',
        {},
        `mail-${one.ticketId}`,
      ),
    ]),
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
${details([
  ['Stream', one.stream],
  ['Fact', `${one.type}, position ${one.position}, revision ${one.revision}`],
  ['Parked', time(one.parkedAt, ZONE)],
  ['Redrives that failed', one.attempts],
])}
${action(`${parkedAddress(id)}/redrive`, 'Redrive')}
${
  one.waitingFacts.length === 0
    ? nothing
    : html`<h2>What waits behind it</h2>${table(
        'Waiting facts',
        ['Recorded', 'Fact', 'Position'],
        one.waitingFacts.map((fact) => [time(fact.recordedAt, ZONE), fact.type, fact.position]),
      )}`
}
<p>What to do: <a href="/guide/docs/operations#parked-streams">docs/operations.md</a>, "Parked streams".</p>`;
}

async function quarantined(c: ConsoleContext, id: string): Promise<Html> {
  const one = await adminOf(c).api.get<QuarantineReview>(path`/api/quarantine/${id}`);
  const { body } = one;
  return html`<p>${sentence('quarantine', one.reason)}</p>
${details([
  ['Tenant', one.tenantId],
  ['Endpoint', one.endpoint],
  ['Received', time(one.receivedAt, ZONE)],
  ['Bytes', one.size],
  ['Evidence', html`${badge(one.evidence)} ${evidenceSentence(one.evidence)}`],
])}
${one.released ? html`<p class="notice good">Released ${time(one.released.at, ZONE)}.</p>` : action(`${quarantineAddress(id)}/retry`, 'Try again')}
${body ? html`<h2>What was sent</h2><p class="faint">Personal data; that you have looked is in the audit trail.${body.truncated ? ' Cut off.' : nothing}</p><pre class="mail" tabindex="0">${body.content}</pre>` : nothing}`;
}

/** `GET /console/operations/set-aside`: what waits for somebody, and trying it again. */
export function setAsidePages(app: Hono<ConsoleEnv>): void {
  app.get(HERE, async (c) => c.html(operationsPage(c, 'Set aside', await setAside(c))));
  app.get('/console/operations/parked/:id', async (c) =>
    c.html(operationsPage(c, 'A parked stream', await parkedOne(c, c.req.param('id')))),
  );
  app.get('/console/operations/quarantine/:id', async (c) =>
    c.html(operationsPage(c, 'In quarantine', await quarantined(c, c.req.param('id')))),
  );
  app.post('/console/operations/parked/:id/redrive', async (c) => {
    const { outcome } = await adminOf(c).api.send<{ outcome: string }>(
      'POST',
      path`/api/parked/${c.req.param('id')}/redrive`,
    );
    return c.redirect(`${HERE}?done=${outcome === 'redriven' ? 'stream_redriven' : outcome}`, 303);
  });
  app.post('/console/operations/quarantine/:id/retry', async (c) => {
    const { outcome } = await adminOf(c).api.send<{ outcome: string }>(
      'POST',
      path`/api/quarantine/${c.req.param('id')}/retry`,
    );
    return c.redirect(`${HERE}?done=${outcome}`, 303);
  });
  app.post('/console/operations/mails/:tenant/:ticket/redrive', async (c) => {
    const { tenant, ticket } = c.req.param();
    const { outcome } = await adminOf(c).api.send<{ outcome: string }>(
      'POST',
      path`/api/tenants/${tenant}/tickets/${ticket}/mail/redrive`,
    );
    return c.redirect(`${HERE}?done=${outcome}`, 303);
  });
}
