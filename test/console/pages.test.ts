import { describe, expect, test } from 'vitest';
import {
  AT,
  appointment,
  call,
  consoleOver,
  customer,
  fact,
  list,
  pageOver,
  refusal,
  said,
  ticket,
} from './fake-api.ts';

const shown = pageOver('writes');

describe('the overview', () => {
  test('says how to send the first call while there is none', async () => {
    const { said } = await shown('/console', {});
    expect(said).toContain('npm run simulate -- --calls 34 --url http://localhost');
    expect(said).toContain('http://localhost/api/webhooks/retell');
  });

  test('begins with what somebody has to do, and leaves out what nobody has to', async () => {
    const wanted = ['disabled', 'erased'] as const;
    const { text, said } = await shown('/console', {
      'GET /api/call-sessions': (query: URLSearchParams) =>
        query.get('status') === 'failed'
          ? list(call({ id: 'f', status: 'failed', statusReason: 'undecided' }))
          : query.has('status')
            ? list()
            : list(call()),
      'GET /api/tickets': (query: URLSearchParams) =>
        query.has('mail')
          ? list(ticket({ id: 'tkt_open' }), ...wanted.map((mailReason) => ticket({ id: 'tkt_later', mailReason })))
          : list(ticket({ id: 'tkt_open' })),
      'GET /api/customers/cus_1': customer(),
      'GET /api/appointments': list(appointment({ id: 'apt-r', needsReview: true, rescheduleText: 'after Easter' })),
    });
    expect(said).toContain('1 ticket needs somebody');
    expect(said).toContain('The agent noted that something has to be done.');
    expect(said).toContain('Ada');
    expect(said).toContain('after Easter');
    expect(said).toContain('nothing says what became of the appointment');
    expect(said).toContain('1 mail not sent in a week');
    expect(text).not.toContain('tkt_later');
    expect(text.indexOf('To do')).toBeLessThan(text.indexOf('The last 24 hours'));
    expect(said).toContain('Retell was not asked in the last seven days');
  });
});

test('a part of the overview that is fetched anew asks for nothing that only the others need', async () => {
  const { asked, request, signIn } = consoleOver({ 'GET /api/call-sessions': list(call()) });
  const cookie = await signIn('writes');
  const before = asked.length;
  const part = await request('/console', { cookie, headers: { 'hx-request': 'true', 'hx-target': 'todo' } });
  expect(await part.text()).toMatch(/^<div id="todo"/);
  expect(asked.slice(before).map(({ path }) => path)).not.toContain('/api/summary');
});

describe('calls', () => {
  test('are filtered as the API filters them, by the days of the tenant', async () => {
    const { asked, said, text } = await shown(
      '/console/calls?status=failed&direction=inbound&day=2026-03-29&archived=all',
      {
        'GET /api/call-sessions': { items: [call({ archived: true })], nextCursor: 'next' },
      },
    );
    expect(Object.fromEntries(new URLSearchParams(asked.at(-1)!.query))).toEqual({
      ...{ status: 'failed', direction: 'inbound', archived: 'all' },
      ...{ from: '2026-03-28T23:00:00.000Z', to: '2026-03-29T22:00:00.000Z' },
    });
    expect(said).toContain('The agent noted that the appointment is confirmed.');
    expect(said).toContain('1 Mar, 11:00');
    expect(text).toContain(
      '/console/calls?cursor=next&amp;status=failed&amp;direction=inbound&amp;archived=all&amp;day=2026-03-29',
    );
  });

  test('a number is searched for without being in an address, in any spelling', async () => {
    const { post, signIn, asked } = consoleOver({
      'GET /api/customers': list(customer()),
      'GET /api/call-sessions': (query: URLSearchParams) => (query.get('phone') === '+4930222' ? list(call()) : list()),
    });
    const found = await post('/console/search', { q: '030 222 22' }, await signIn('reads'));
    expect(found.status).toBe(200);
    expect(said(await found.text())).toContain('Ada');
    expect(asked.filter(({ path }) => path === '/api/customers').map(({ query }) => query)).toEqual([
      '?phone=03022222',
    ]);
  });

  test('a Retell call id finds its call', async () => {
    const { post, signIn } = consoleOver({ 'GET /api/call-sessions/call%3Acall_1': call() });
    const found = await post('/console/search', { q: ' call_1 ' }, await signIn('reads'));
    expect(await found.text()).toContain('/console/calls/session-1');
    const none = await post('/console/search', { q: 'nobody' }, await signIn('reads'));
    expect(said(await none.text())).toContain('Nothing has this number or id');
  });
});

describe('a call', () => {
  const history = list(
    fact({
      position: '10',
      type: 'CallEnded',
      changes: [
        { field: 'status', from: null, to: 'pending' },
        { field: 'fromNumber', from: null, to: '+4930111' },
      ],
    }),
    fact({ position: '12', type: 'CallAnalyzed', recordedAt: '2026-03-01T10:00:09.000Z', evidence: 'failed' }),
  );
  const answers = {
    'GET /api/call-sessions/session-1/history': history,
    'GET /api/call-sessions/session-1': (query: URLSearchParams) =>
      query.get('at') === '10'
        ? call({ status: 'pending', statusReason: 'analysis_missing' })
        : call({
            transcript: 'Agent: Hello.\nUser: Yes,\nthank you.',
            recordingUrl: 'https://recordings.example/1.wav',
          }),
  };

  test('says why: what happened, when it was known, what it changed, how it is proved', async () => {
    const { said, text } = await shown('/console/calls/session-1', answers);
    expect(said).toContain('Confirmed The agent noted that the appointment is confirmed.');
    expect(said).toContain('Analysis came evidence failed');
    expect(said).toContain('known 9 s later');
    expect(said).toContain('Outcome Pending → Confirmed');
    expect(said).toContain('1 field became known From +4930111');
    expect(said).toContain('Agent Hello. User Yes, thank you.');
    expect(text).toContain('rel="noreferrer noopener external"');
  });

  test('shows what was known after an earlier fact', async () => {
    const { said } = await shown('/console/calls/session-1?fact=1', answers);
    expect(said).toContain('This was known at 1 Mar 2026, 11:00:00 . Now');
    expect(said).toContain('Pending The call has ended; its analysis has not come yet.');
  });

  test('is archived by the API, by a key that writes', async () => {
    const { post, signIn, asked } = consoleOver({ 'POST /api/call-sessions/call%3A1/archive': {} });
    const done = await post('/console/calls/call%3A1/archive', {}, await signIn('writes'));
    expect([done.status, done.headers.get('location')]).toEqual([303, '/console/calls/call%3A1?done=archived']);
    expect(asked.at(-1)).toMatchObject({ method: 'POST', path: '/api/call-sessions/call%3A1/archive', key: 'writes' });
    expect((await shown('/console/calls/session-1', answers, 'reads')).text).not.toContain('Archive</button>');
  });

  test('is shown without its facts while the event store is away', async () => {
    const without = (code: string) => ({ ...answers, 'GET /api/call-sessions/session-1/history': refusal(503, code) });
    const { status, said } = await shown('/console/calls/session-1', without('event_store_unavailable'));
    expect([status, said.includes('Agent Hello.')]).toEqual([200, true]);
    expect(said).toContain('Why it says so The event store does not answer, which has the facts.');
    expect((await shown('/console/calls/session-1', without('database_unavailable'))).status).toBe(503);
  });

  test('an address that is no web address is no link', async () => {
    const { text } = await shown('/console/calls/session-1', {
      ...answers,
      'GET /api/call-sessions/session-1': call({ recordingUrl: 'javascript:alert(1)' }),
    });
    expect(text).not.toContain('href="javascript');
  });
});

describe('an appointment', () => {
  const answers = {
    'GET /api/appointments/apt-1': appointment({
      needsReview: true,
      rescheduleText: 'after Easter',
      decidedByCallId: 'call_1',
    }),
    'GET /api/call-sessions/call%3Acall_1': call({ analysis: { summary: 'Wants a later day.', custom: {} } }),
    'PUT /api/appointments/apt-1': {},
  };

  test('stands beside what was said', async () => {
    const { said } = await shown('/console/appointments/apt-1', answers);
    for (const text of ['after Easter', 'Wants a later day.', 'Somebody has to read', 'New time, in Europe/Berlin'])
      expect(said).toContain(text);
  });

  test('says who has decided, and shows what was known after an earlier fact, beside the form of now', async () => {
    const decidedBy = { kind: 'call', callId: 'call_1', sessionId: 'session-1', at: AT } as const;
    const path = '/console/appointments/apt-1';
    const history = list(
      fact({ position: '10', callId: 'call_1', changes: [{ field: 'status', from: null, to: 'scheduled' }] }),
      fact({ position: '12', changes: [{ field: 'statusReason', from: null, to: 'appointment_confirmed' }] }),
    );
    const over = {
      'GET /api/appointments/apt-1': (query: URLSearchParams) =>
        query.get('at') === '10'
          ? appointment({ status: 'scheduled' })
          : appointment({ decidedBy, statusReason: 'appointment_confirmed', startsAt: AT }),
      'GET /api/appointments/apt-1/history': history,
    };
    const now = await shown(path, over);
    expect(now.said).toContain('So says the call of 1 Mar 2026, 11:00:00 . The agent noted that the appointment is');
    expect(now.said).toContain('Status Scheduled');
    expect(now.said).toContain('Reason The agent noted that the appointment is confirmed.');
    const then = await shown(`${path}?fact=1`, over);
    expect(then.said).toContain('This was known at 1 Mar 2026, 11:00:00 . Now Scheduled No call and nobody');
    expect(then.text).toContain('value="2026-03-01T11:00"');
    const byStaff = appointment({ decidedBy: { kind: 'staff', keyId: 'key-7', at: AT }, statusReason: 'staff' });
    const { said } = await shown(path, { 'GET /api/appointments/apt-1': byStaff });
    expect(said).toContain('Staff have said so 1 Mar 2026, 11:00:00 , with the API key key-7.');
  });

  test.each([
    [{ do: 'confirmed' }, { status: 'confirmed' }],
    [
      { do: 'cancelled', note: ' by phone ' },
      { status: 'cancelled', note: 'by phone' },
    ],
    [
      { do: 'moved', at: '2026-07-01T09:30' },
      { startsAt: '2026-07-01T07:30:00.000Z', status: 'rescheduled' },
    ],
    [{ do: 'noted', note: 'called' }, { note: 'called' }],
  ])('%o is put as %o', async (form, body) => {
    const { post, signIn, asked } = consoleOver(answers);
    const done = await post(
      '/console/appointments/apt-1',
      form as unknown as Record<string, string>,
      await signIn('writes'),
    );
    expect([done.status, done.headers.get('location')]).toEqual([303, `/console/appointments/apt-1?done=${form.do}`]);
    expect(asked.at(-1)).toMatchObject({ method: 'PUT', path: '/api/appointments/apt-1', body });
  });

  test.each(['2026-03-29T02:30', '2026-10-25T02:30', '', 'tomorrow'])(
    '%s is no time that it is moved to',
    async (at) => {
      const { post, signIn, asked } = consoleOver(answers);
      const sent = await post('/console/appointments/apt-1', { do: 'moved', at }, await signIn('writes'));
      expect(sent.status).toBe(400);
      expect(said(await sent.text())).toContain('Europe/Berlin');
      expect(asked.some(({ method }) => method === 'PUT')).toBe(false);
    },
  );
});

describe('a ticket', () => {
  const answers = {
    'GET /api/tickets/tkt_call_1': ticket(),
    'GET /api/call-sessions/session-1': call(),
    'GET /api/customers/cus_1': customer(),
    'POST /api/tickets/tkt_call_1/status': {},
    'GET /api/tenants/acme/tickets/tkt_call_1/mail': { subject: 'Call <back>', text: 'A "text"', html: '' },
    'POST /api/tenants/acme/tickets/tkt_call_1/mail/redrive': { outcome: 'redriven' },
  };

  test('gets a status with a note, once, and back again', async () => {
    const { post, page, signIn, asked } = consoleOver(answers);
    const cookie = await signIn('writes');
    const done = await post(
      '/console/tickets/tkt_call_1/status',
      { status: 'resolved', note: 'done', was: 'contacted', once: '1' },
      cookie,
    );
    expect(asked.at(-1)).toMatchObject({ body: { status: 'resolved', note: 'done' }, key: 'writes' });
    const to = done.headers.get('location')!;
    expect(to).toBe('/console/tickets/tkt_call_1?done=status&was=contacted');
    expect(said((await page(to, cookie)).text)).toContain('The ticket has its new status. ');
    expect((await page(to, cookie)).text).toContain('Undo: back to contacted');
  });

  test('says who has said what of it, and by which call', async () => {
    const history = list(
      fact({ callId: 'call_1', changes: [{ field: 'status', from: null, to: 'new' }] }),
      fact({ type: 'TicketStatusSet', source: 'command', evidence: 'none', keyId: 'key-7', note: 'rang <back>' }),
    );
    const { said, text } = await shown('/console/tickets/tkt_call_1', {
      ...answers,
      'GET /api/tickets/tkt_call_1/history': history,
    });
    expect(text).toContain('href="/console/calls/call%3Acall_1"');
    expect(said).toContain('with the API key key-7 “rang &lt;back&gt;”');
  });

  test('is shown as it was known after an earlier fact, with the buttons of now', async () => {
    const { said, text } = await shown('/console/tickets/tkt_call_1?fact=1', {
      ...answers,
      'GET /api/tickets/tkt_call_1': (query: URLSearchParams) =>
        query.get('at') === '10' ? ticket({ statusReason: 'in_progress' }) : ticket({ status: 'closed' }),
      'GET /api/tickets/tkt_call_1/history': list(fact({ position: '10' }), fact({ position: '12' })),
    });
    expect(said).toContain('New The call has not ended, as far as is known.');
    expect(text).toContain('value="closed" disabled');
  });

  test('its mail is read and sent again with an admin key as well', async () => {
    const { said: alone } = await shown('/console/tickets/tkt_call_1', answers);
    expect(alone).toContain('This installation has no mail server.');
    expect(alone).not.toContain('Send it again');
    const over = consoleOver(answers);
    const both = await over.signIn('writes', 'administers');
    expect((await over.page('/console/tickets/tkt_call_1', both)).text).toContain('Send it again');
    expect((await over.page('/console/tickets/tkt_call_1/mail', both)).text).toContain('Call &lt;back&gt;');
    const again = await over.post('/console/tickets/tkt_call_1/redrive', {}, both);
    expect(again.headers.get('location')).toBe('/console/tickets/tkt_call_1?done=redriven');
    expect(over.asked.at(-1)).toMatchObject({ key: 'administers', method: 'POST' });
  });
});
