import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { withOthers } from '../../src/console/api.ts';
import { consoleOver, refusal } from './fake-api.ts';

const HOUR_MS = 3_600_000;

test('who is not signed in is led to the form, and from there to where they wanted to go', async () => {
  const { request, post } = consoleOver();
  const sent = await request('/console/calls');
  expect([sent.status, sent.headers.get('location')]).toEqual([303, '/console/sign-in?next=%2Fconsole%2Fcalls']);
  const form = await request('/console/sign-in?next=%2Fconsole%2Fcalls');
  expect(await form.text()).toContain('name="next" value="/console/calls"');
  const back = await post('/console/sign-in', { key: 'writes', next: '/console/calls' });
  expect([back.status, back.headers.get('location')]).toEqual([303, '/console/calls']);
});

test.each([
  '//evil.example',
  'https://evil.example',
  '/console/../api',
  '/console\\evil',
  '/consolex',
  '/console?x=1',
  '/console/sign-out',
])('nobody is led to %s', async (next) => {
  const back = await consoleOver().post('/console/sign-in', { key: 'writes', next });
  expect(back.headers.get('location')).toBe('/console');
});

test('the cookie shows no key, no script reads it, no other site sends it, and it ends after twelve hours', async () => {
  const { post } = consoleOver();
  const cookie = (await post('/console/sign-in', { key: 'writes' })).headers.get('set-cookie')!;
  expect(cookie).not.toContain('writes');
  for (const mark of ['HttpOnly', 'SameSite=Strict', 'Path=/console', 'Max-Age=43200']) expect(cookie).toContain(mark);
  expect(cookie).not.toContain('Secure');
  const tls = await post('/console/sign-in', { key: 'writes' }, undefined, { 'x-tls': 'yes' });
  expect(tls.headers.get('set-cookie')).toContain('Secure');
});

test('a session ends after twelve hours, with a key added too, and when its key is revoked', async () => {
  const { page, pass, signIn, post, request, revoke } = consoleOver();
  const cookie = await signIn('writes');
  pass(11 * HOUR_MS);
  expect((await page('/console', cookie)).status).toBe(200);
  const added = (await post('/console/sign-in', { key: 'administers' }, cookie)).headers.get('set-cookie')!;
  expect(added).toContain('Max-Age=3600');
  pass(HOUR_MS);
  for (const old of [cookie, added.split(';')[0]!]) {
    const over = await request('/console', { cookie: old });
    expect(over.headers.get('location')).toContain('ended=time');
  }
  const later = await signIn('writes');
  revoke('writes');
  const over = await request('/console', { cookie: later });
  expect([over.status, over.headers.get('location')]).toEqual([303, '/console/sign-in?ended=key&next=%2Fconsole']);
  expect(over.headers.get('set-cookie')).toContain('Max-Age=0');
  expect(await (await request(over.headers.get('location')!)).text()).toContain('has been revoked');
});

test('a part of a page and the live feed get 401 instead of a page when the session is over', async () => {
  const { request } = consoleOver();
  const part = await request('/console/calls', { headers: { 'hx-request': 'true' } });
  expect([part.status, part.headers.get('hx-redirect')]).toEqual([401, '/console/sign-in?next=%2Fconsole%2Fcalls']);
  expect((await request('/console/live')).status).toBe(401);
});

test('a wrong key is said to be wrong, and asked about once, so that guesses are slowed as elsewhere', async () => {
  const { asked, post } = consoleOver();
  const wrong = await post('/console/sign-in', { key: 'guess' });
  expect([wrong.status, wrong.headers.get('set-cookie')]).toEqual([401, null]);
  expect(await wrong.text()).toContain('This key is unknown');
  expect(asked.map(({ path, key }) => [path, key])).toEqual([['/api/me', 'guess']]);
  expect((await post('/console/sign-in', { key: 'no\nheader' })).status).toBe(401);
});

test('a form of another site is not taken', async () => {
  const { asked, post, signIn } = consoleOver();
  const cookie = await signIn('writes');
  const before = asked.length;
  const evil = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
  const sent = await post('/console/tickets/tkt_1/status', { status: 'closed' }, cookie, evil);
  expect([sent.status, asked.length]).toEqual([403, before]);
  expect(await sent.text()).toContain('did not come from a page of the console');
});

test('signing out ends the session', async () => {
  const { post, signIn } = consoleOver();
  const out = await post('/console/sign-out', {}, await signIn('writes'));
  expect(out.headers.get('set-cookie')).toContain('Max-Age=0');
  expect(out.headers.get('location')).toBe('/console/sign-in?ended=out');
});

test('each page is confined: nothing of elsewhere, nothing inline, kept nowhere', async () => {
  const { request, signIn } = consoleOver();
  const answer = await request('/console', { cookie: await signIn('writes') });
  expect(answer.headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; script-src 'self'; style-src 'self'/,
  );
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const text = await answer.text();
  expect(text).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|(?:src|href)="(?!\/|#)/);
  const [, address] = /<script defer src="([^"]+)"/.exec(text)!;
  const script = await request(address!);
  expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect((await request('/console/assets/0/console.css')).headers.get('cache-control')).toBe('no-store');
  expect((await request('/console/assets/0/..%2Froutes.ts')).status).toBe(404);
});

test.each([
  ['database_unavailable', 503, 'The database does not answer'],
  ['event_store_unavailable', 503, 'The event store does not answer'],
  ['missing_scope', 403, 'This key may not do that'],
  ['role_not_here', 404, 'Another process does that'],
  ['fact_unreadable', 409, 'the detail of it'],
])('%s is a page that says what is the matter', async (code, status, said) => {
  const { page, signIn } = consoleOver({ 'GET /api/tickets': refusal(status, code, 'the detail of it') });
  const shown = await page('/console/tickets', await signIn('writes'));
  expect(shown.status).toBe(status);
  expect(shown.text).toContain(said);
  expect(shown.text).toContain('the detail of it');
});

test('with one kind of key, pages of the other ask for it; with both, both are there', async () => {
  const { page, signIn } = consoleOver();
  const admin = await signIn('administers');
  const calls = await page('/console/calls', admin);
  expect(calls.status).toBe(403);
  expect(calls.text).toContain('An admin key sees no calls of any tenant');
  expect(calls.text).toContain('name="next" value="/console/calls"');
  const tenant = await signIn('writes');
  expect((await page('/console/operations', tenant)).text).toContain('An admin key is needed');
  expect((await page('/console', tenant)).text).not.toContain('>Operations</a>');
  const both = await signIn('writes', 'administers');
  for (const path of ['/console/calls', '/console/operations']) expect((await page(path, both)).status, path).toBe(200);
});

test('what this process has not the role for is asked of the others, where their address is known', async () => {
  const seen: unknown[] = [];
  const others = createServer(async (request, response) => {
    seen.push([request.method, request.url, request.headers.authorization, await text(request)]);
    response.setHeader('content-type', 'application/json').end('{"items":[]}');
  }).listen(0, '127.0.0.1');
  await once(others, 'listening');
  const here = (_: Request) => refusal(404, 'role_not_here').clone();
  const url = `http://127.0.0.1:${(others.address() as AddressInfo).port}`;
  const asked = () =>
    new Request('http://localhost/api/tickets/1/status?x=1', {
      ...{ method: 'POST', body: '{"a":1}', headers: { authorization: 'Bearer k' } },
    });
  expect((await withOthers(here, url)(asked(), {})).status).toBe(200);
  expect(seen).toEqual([['POST', '/api/tickets/1/status?x=1', 'Bearer k', '{"a":1}']]);
  expect((await withOthers(here, undefined)(asked(), {})).status).toBe(404);
  expect((await withOthers(() => refusal(404, 'not_found'), url)(asked(), {})).status).toBe(404);
  expect(seen).toHaveLength(1);
  await new Promise((resolve) => others.close(resolve));
});

test('what a page asks gives its turn back at once, and not with the page', async () => {
  const { asked, request, signIn } = consoleOver();
  const cookie = await signIn('writes');
  await request('/console/calls', { cookie }, { incoming: {}, outgoing: {} });
  expect(asked.at(-1)).toMatchObject({ path: '/api/call-sessions', has: ['incoming'] });
  await request('/console/live', { cookie }, { incoming: {}, outgoing: {} });
  expect(asked.at(-1)).toMatchObject({ path: '/api/live', has: ['incoming', 'outgoing'] });
});

test('a form that is too large is refused by a page', async () => {
  const { post, signIn } = consoleOver();
  const sent = await post('/console/tickets/1/status', { note: 'x'.repeat(70_000) }, await signIn('writes'), {
    'content-length': '70020',
  });
  expect([sent.status, sent.headers.get('content-type')]).toEqual([413, 'text/html; charset=UTF-8']);
});
