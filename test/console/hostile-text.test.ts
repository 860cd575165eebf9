import { expect, test } from 'vitest';
import { AT, appointment, call, consoleOver, customer, fact, list, refusal, said, ticket } from './fake-api.ts';

test('what the API refuses is said on a page, with each of its errors', async () => {
  const refused = new Response(
    JSON.stringify({
      ...{ type: 'about:blank', title: 'Bad', status: 400, code: 'invalid_request' },
      errors: [{ path: 'note', message: 'is too long' }],
    }),
    { status: 400, headers: { 'content-type': 'application/problem+json' } },
  );
  const { post, signIn } = consoleOver({ 'POST /api/tickets/tkt_1/status': refused });
  const sent = await post('/console/tickets/tkt_1/status', { status: 'closed' }, await signIn('writes'));
  expect([sent.status, said(await sent.text())]).toEqual([400, expect.stringContaining('note: is too long')]);
});

test('what others have written is text on every page', async () => {
  const evil = `"'><script>alert(1)</script><img src=x onerror=alert(1)>`;
  const over = consoleOver({
    'GET /api/call-sessions': list(call({ id: evil, statusReason: evil, customerPhone: evil })),
    [`GET /api/call-sessions/${encodeURIComponent('s')}`]: call({
      ...{
        id: evil,
        agentName: evil,
        contactId: evil,
        appointmentId: evil,
        recordingUrl: `https://x/${evil}`,
        transcript: `Agent: ${evil}`,
      },
      analysis: { summary: evil, sentiment: evil, custom: { [evil]: evil } },
    }),
    'GET /api/call-sessions/s/history': list(
      fact({ type: evil, changes: [{ field: evil, from: evil, to: { [evil]: [evil] } }] }),
      fact(),
    ),
    'GET /api/appointments': list(appointment({ id: evil, rescheduleText: evil, needsReview: true })),
    'GET /api/appointments/a': appointment({
      id: evil,
      rescheduleText: evil,
      cancellationReason: evil,
      notes: [{ text: evil, at: AT }],
    }),
    'GET /api/tickets': list(ticket({ id: evil, statusReason: evil, mailReason: evil })),
    'GET /api/tickets/t': ticket({ id: evil, statusReason: evil, mailReason: evil }),
    'GET /api/customers': list(customer({ id: evil, name: evil, phone: evil })),
    'GET /api/customers/cus_1': customer({ name: evil, rawPhones: [evil] }),
    'GET /api/coverage': refusal(503, 'database_unavailable', evil),
  });
  const cookie = await over.signIn('writes', 'administers');
  const pages = [
    '',
    '/calls',
    '/calls/s',
    '/calls/s?fact=1',
    '/appointments',
    '/appointments/a',
    '/tickets',
    '/tickets/t',
    '/customers',
    '/customers/cus_1',
  ];
  for (const path of pages) {
    const { text } = await over.page(`/console${path}`, cookie);
    expect(text, path).toContain('&lt;script&gt;');
    expect(text, path).not.toMatch(/<script>|<img/);
  }
});
