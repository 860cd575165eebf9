import { afterAll, afterEach, expect, test } from 'vitest';
import { outcomeOf, type Verification } from '../../src/cli/operations.ts';
import { ADMIN_KEY, startAdministration } from '../administration/scene.ts';
import { slowTally } from '../projections/operations-scene.ts';
import { brittleTally } from '../projections/tally.ts';
import { callLedger, callLedgerProcess } from './command.ts';

const scene = await startAdministration();
afterEach(() => scene.clear());
afterAll(() => scene.stop());

const cli = (...args: string[]) => callLedger(['--url', scene.url, '--admin-key', ADMIN_KEY, 'projections', ...args]);

test('rebuild waits for the end and tells of the way there; swap-back makes the one before live again', async () => {
  scene.project(await scene.start(slowTally(200)));
  await scene.calls(20);
  const rebuilt = await cli('rebuild', 'tally');
  expect([rebuilt.code, rebuilt.out]).toEqual([
    0,
    'tally: generation 2 is live, in the place of 1, which can be swapped back for a while.\n',
  ]);
  expect(rebuilt.err).toMatch(/^tally: rebuild (queued|running)/);
  expect(rebuilt.err).toMatch(/tally: rebuild succeeded\n$/);
  // The process that projects goes over to it a moment later.
  await expect.poll(async () => (await cli('list')).out).toMatch(/^tally +1 +2 +live +\d+ +0 +– +1 \(version 1\)$/m);
  const back = await cli('swap-back', 'tally', '--json');
  expect([back.code, back.err, back.json()]).toMatchObject([
    0,
    '',
    { kind: 'swap_back', state: 'succeeded', result: { generation: 1, replaced: 2 } },
  ]);
  const all = await cli('rebuild', '--all', '--json');
  expect([all.code, all.json()]).toMatchObject([0, [{ projection: 'tally', state: 'succeeded' }]]);
});

test('without waiting it is only requested; operations shows it, and cancel ends it', async () => {
  const requested = await cli('rebuild', 'tally', '--no-wait', '--json');
  const { operationId } = requested.json();
  const shown = await cli('operations');
  expect(shown.out).toMatch(new RegExp(`rebuild +tally +queued +0 % +– +${operationId}`));
  const again = await cli('rebuild', 'tally');
  expect([again.code, again.err]).toEqual([1, expect.stringContaining(operationId)]);
  expect(again.err).toContain('call-ledger projections cancel');
  expect((await cli('cancel', operationId)).out).toBe('tally: the rebuild was cancelled. What was live still is.\n');
  expect((await cli('cancel', '3f0e8f6e-3c56-4be5-9f5e-3f2c0f1d7a11')).code).toBe(1);
});

test('Ctrl-C leaves it running, and says how to see it and how to cancel it', async () => {
  const args = ['--url', scene.url, '--admin-key', ADMIN_KEY, 'projections', 'rebuild', 'tally'];
  const { code, err } = await callLedgerProcess(args, { interruptAt: 'tally: rebuild queued' });
  expect(code).toBe(2);
  const id = /projections cancel ([0-9a-f-]{36})/.exec(err)![1]!;
  expect(err).toContain('It goes on.');
  expect(await scene.operation(id)).toMatchObject({ state: 'queued' });
});

test('without a name it is the calls, and a name must be one that there is', async () => {
  const [none, both, wrong] = [
    await cli('rebuild'),
    await cli('rebuild', 'tally', '--all'),
    await cli('rebuild', 'tall'),
  ];
  expect([none.code, both.code, wrong.code]).toEqual([1, 2, 1]);
  expect(wrong.err).toContain('There are tally.');
});

test('verify ends with 0 where the log says the same, 1 where it does not, 2 where nobody could find out', async () => {
  const one = await scene.start();
  await one.waitUntilCaughtUp(await scene.calls(2), 10_000);
  const same = await cli('verify', 'tally');
  expect([same.code, same.out]).toEqual([
    0,
    expect.stringMatching(/^tally is what the log says: \d+ rows compared at/),
  ]);
  await scene.pool.query(
    'update projection.tally_1_tally set facts = 9 where stream = (select min(stream) from tally)',
  );
  const other = await cli('verify', '--all');
  expect([other.code, other.out]).toEqual([1, expect.stringContaining('live     9')]);
  const told = await cli('verify', 'tally', '--json');
  expect([told.code, told.json()]).toMatchObject([
    1,
    { kind: 'verify', state: 'succeeded', result: { equal: false, differences: [{ column: 'facts' }] } },
  ]);
  // The list does not repeat what may be a thousand differences.
  const [listed] = (await cli('operations', '--limit', '1', '--json')).json().items;
  expect([listed.result.differencesTotal, listed.result.differences]).toEqual([1, undefined]);
  await one.stop();
  await scene.request('rebuild');
  expect((await cli('verify', 'tally')).code).toBe(2);
  expect((await cli('verify', '--all')).code).toBe(2);
  expect((await cli('verify', 'tall')).code).toBe(2);
});

test('a rebuild that parks ends with 1 and lists what and why; one that would park too much needs leave', async () => {
  const brittle = brittleTally();
  const one = await scene.start(brittle.projection, {}, 2);
  scene.project(one);
  await one.waitUntilCaughtUp(await scene.calls(8), 10_000);
  let bad = [1, 2].map((before) => scene.stream(before));
  brittle.breaksAt = ({ stream }) => bad.includes(stream);
  const parked = await cli('rebuild', 'tally');
  const ids = (await scene.parked()).map(({ id }) => id);
  expect(parked.code).toBe(1);
  expect(parked.out).toMatch(
    /^tally: generation 2 is live, in the place of 1, .*while\. 2 streams of it are parked:\nPARKED +PROJECTION +/,
  );
  for (const id of ids) expect(parked.out).toMatch(new RegExp(`${id} +TypeError at projections/tally.ts`));
  const json = await cli('rebuild', 'tally', '--json');
  expect([json.code, json.json()]).toMatchObject([1, { result: { generation: 3, parked: 2 } }]);
  const back = await cli('swap-back', 'tally');
  expect([back.code, back.out]).toEqual([1, expect.stringContaining(ids[0]!)]);

  bad = [...bad, ...[4, 5, 6].map((before) => scene.stream(before))];
  const refused = await cli('rebuild', 'tally');
  expect([refused.code, refused.out]).toEqual([1, expect.stringMatching(/has failed: 3 streams .*REBUILD_MAX_PARKED/)]);
  const accepted = await cli('rebuild', 'tally', '--accept-parked');
  expect([accepted.code, accepted.out]).toEqual([1, expect.stringContaining('5 streams of it are parked:')]);
});

test('a release that is held up is listed so, and is let go on', async () => {
  const old = await scene.start();
  await old.waitUntilCaughtUp(await scene.calls(8), 10_000);
  const none = await cli('accept-parked', 'tally');
  expect([none.code, none.err]).toEqual([1, expect.stringContaining('No release builds this projection now.')]);
  const brittle = brittleTally(2);
  const bad = [1, 2, 3].map((before) => scene.stream(before));
  brittle.breaksAt = ({ stream }) => bad.includes(stream);
  const one = await scene.start(brittle.projection, {}, 2);
  await expect.poll(async () => (await cli('list')).out, { timeout: 20_000 }).toMatch(/ 2: \d+ %, 3 parked, held up/);
  const accepted = await cli('accept-parked', 'tally');
  expect([accepted.code, accepted.out]).toEqual([0, 'tally: generation 2 goes on, with 3 streams parked so far\n']);
  await expect.poll(() => one.status(), { timeout: 20_000 }).toMatchObject([{ version: 2, caughtUp: true, parked: 3 }]);
});

test('verify ends with 2 where it had to leave out what only a rebuild parks, and names it', async () => {
  const brittle = brittleTally();
  const one = await scene.start(brittle.projection);
  await one.waitUntilCaughtUp(await scene.calls(3), 10_000);
  const bad = scene.stream();
  brittle.breaksAt = ({ stream, type }) => stream === bad && type === 'CallEnded';
  const told = await cli('verify', 'tally');
  expect([told.code, told.out]).toEqual([2, expect.stringMatching(/^tally is what the log says: .* 1 parked stream/)]);
  expect(told.err).toMatch(
    new RegExp(
      `1 stream that is live would be parked by a rebuild, so 2 rows could not .*:\n +\\d+ +CallEnded +${bad} +Type`,
    ),
  );
  // That the rest differs is the worse news.
  await scene.pool.query(
    `update projection.tally_1_tally set facts = 9 where stream = (select max(stream) from tally where stream <> '${bad}')`,
  );
  const both = await cli('verify', 'tally');
  expect([both.code, both.out, both.err]).toEqual([
    1,
    expect.stringContaining('live     9'),
    expect.stringContaining('1 stream that is live would be parked by a rebuild'),
  ]);
});

const verified = (result: Verification) =>
  outcomeOf({
    ...{ id: 'o', kind: 'verify', projection: 'tickets', state: 'succeeded', requestedAt: '' },
    result: result as never,
  });

test('a verification that finds nothing says what it has compared', () => {
  expect(verified({ equal: true, position: '1309', rowsCompared: 1000, differencesTotal: 0, differences: [] })).toBe(
    'tickets is what the log says: 1000 rows compared at position 1309.',
  );
});

test('each difference is told with both values and the facts behind it', () => {
  const facts = [{ stream: 'call-acme.call_1', position: '77', type: 'CallEnded' }];
  const text = verified({
    ...{ equal: false, position: '1309', rowsCompared: 1000, differencesTotal: 40, parkedStreams: 1 },
    differences: [
      {
        table: 'tickets',
        key: { tenant_id: 'acme', id: 'tkt_1' },
        column: 'status',
        live: 'closed',
        rebuilt: 'new',
        facts,
      },
      { table: 'tickets', key: { id: 'tkt_2' }, row: 'missing', rebuilt: { active: true }, facts: [] },
    ],
  });
  expect(
    text,
  ).toBe(`tickets is not what the log says: 1000 rows compared at position 1309, 1 parked stream up to where it stopped, 40 differences; the first 2 are:

tickets tenant_id=acme id=tkt_1
  column   status
  live     closed
  rebuilt  new
  facts:
    77  CallEnded  call-acme.call_1

tickets id=tkt_2
  row      is missing: the log calls for it
  live     –
  rebuilt  {"active":true}`);
});
