import { describe, expect, test } from 'vitest';
import { randomFrom } from '../../../src/retell-emulator/random.ts';
import { deliver, type Webhook } from '../../../src/retell-emulator/webhooks.ts';
import { sceneOfFile } from './scene.ts';

const { scene, reconciliation, run } = await sceneOfFile();

describe('what no webhook told', () => {
  test('is recorded under the ids that the webhooks would have had, as reconciled', async () => {
    const callId = await scene.call('confirmed');
    await scene.retell.quiet();
    await run();
    const facts = await scene.facts(callId);
    expect(facts.map(({ type }) => type).sort()).toEqual(['CallAnalyzed', 'CallEnded', 'CallStarted']);
    expect(facts.map(({ source }) => source)).toEqual(Array(3).fill('reconciliation'));
    expect(await scene.session(callId)).toMatchObject({ status: 'confirmed' });
  });

  /** Calls all of whose webhooks were held up on the way. */
  const heldUp = async (n: number, story: string) => {
    const held: Webhook[] = [];
    const hold = (webhook: Webhook) => {
      held.push(webhook);
      return { lost: true };
    };
    scene.retell.webhooksTo({ ...scene.hook, fate: hold });
    const ids = await scene.calls(n, story);
    await scene.retell.quiet();
    return { ids, held };
  };
  const arrive = async (webhook: Webhook) =>
    (await deliver(webhook, scene.hook, randomFrom(1), new AbortController().signal)).statuses.at(-1);

  test.each([
    ['rescheduled', ['call_started', 'call_ended', 'call_analyzed']],
    ['dial_busy', ['call_ended', 'call_analyzed']],
    ['analysis lost', ['call_started', 'call_ended']],
  ])('webhooks of every kind that come after all add nothing (%s)', async (story, events) => {
    const { ids, held } = await heldUp(1, story);
    await run();
    const before = await scene.facts(ids[0]!);
    expect(before).toHaveLength(events.length);
    expect(held.map(({ event }) => event)).toEqual(events);
    for (const webhook of held) expect(await arrive(webhook)).toBe(204);
    expect(await scene.facts(ids[0]!)).toEqual(before);
  });

  test('webhooks of every kind that come at the same moment make one fact each with it', async () => {
    const { ids, held } = await heldUp(15, 'confirmed');
    const [statuses] = await Promise.all([
      Promise.all(randomFrom(3).shuffled(held).map(arrive)),
      scene.run(reconciliation),
    ]);
    expect(new Set(statuses)).toEqual(new Set([204]));
    await run({ since: Date.now() - 3_600_000 });
    for (const id of ids) expect(await scene.types(id)).toEqual(['CallAnalyzed', 'CallEnded', 'CallStarted']);
    const sources = (await Promise.all(ids.map((id) => scene.facts(id)))).flat().map(({ source }) => source);
    expect(sources.filter((source) => source === 'webhook').length).toBeGreaterThan(0);
  });

  test('a call that never connected is found, though it has no time', async () => {
    const callId = await scene.call('dial_busy');
    await scene.retell.quiet();
    await run();
    expect(await scene.types(callId)).toEqual(['CallAnalyzed', 'CallEnded']);
    expect(await scene.session(callId)).toMatchObject({ status: 'busy' });
  });

  test('a call of which only the start came is finished', async () => {
    scene.retell.webhooksTo({ ...scene.hook, fate: ({ event }) => ({ lost: event !== 'call_started' }) });
    const callId = await scene.call('cancelled');
    await scene.retell.quiet();
    expect(await scene.session(callId)).toMatchObject({ status: 'pending' });
    await run();
    expect(await scene.session(callId)).toMatchObject({ status: 'cancelled' });
    const sources = (await scene.facts(callId)).map(({ type, source }) => `${type} ${source}`).sort();
    expect(sources).toEqual(['CallAnalyzed reconciliation', 'CallEnded reconciliation', 'CallStarted webhook']);
  });

  test('a call of which only the start got lost gets it from a list: nothing is asked for', async () => {
    scene.retell.webhooksTo({ ...scene.hook, fate: ({ event }) => ({ lost: event === 'call_started' }) });
    const ids = await scene.calls(5);
    await scene.retell.quiet();
    await scene.run(scene.start({ afterMinutes: 30 })); // before it is time: nobody asks
    expect(await scene.types(ids[0]!)).toEqual(['CallAnalyzed', 'CallEnded']);
    scene.line.passed.length = 0;
    expect(await run()).toMatchObject({ recorded: 5, total: 0 });
    expect(scene.line.gets()).toEqual([]);
    for (const id of ids) {
      const facts = await scene.facts(id);
      expect(facts.find(({ type }) => type === 'CallStarted')).toMatchObject({ source: 'reconciliation' });
      expect(facts).toHaveLength(3);
    }
    expect(await scene.covered()).toMatchObject({ missing: 0 });
    expect(await run()).toMatchObject({ recorded: 0 });
  });

  test('and the coverage does not hide that it is missing', async () => {
    scene.retell.webhooksTo({ ...scene.hook, fate: ({ event }) => ({ lost: event === 'call_started' }) });
    const callId = await scene.call('confirmed');
    await scene.retell.quiet();
    await scene.caughtUp();
    // As a run leaves it that was cut off between the two.
    await scene.pool.query(
      `insert into reactions.retell_calls (tenant_id, call_id, started_at, ended_at, ended, analysed, before_us, first_seen_at)
        values ('default', $1, now(), now(), true, true, false, now())`,
      [callId],
    );
    expect(await scene.covered()).toMatchObject({ missing: 1 });
    await run();
    expect(await scene.covered()).toMatchObject({ missing: 0 });
  });

  test('a call belongs where its agent was heard of last', async () => {
    const inbound = { ...scene.hook, url: scene.hook.url.replace(/retell$/, 'retell-outbound-ticket') };
    scene.retell.webhooksTo(inbound);
    await scene.call('confirmed', { agent: 'agent_of_tickets' });
    await scene.retell.quiet();
    scene.retell.webhooksTo(undefined);
    await scene.caughtUp();
    const [known, unknown] = [
      await scene.call('confirmed', { agent: 'agent_of_tickets' }),
      await scene.call('confirmed', { agent: 'agent_of_nothing' }),
    ];
    await scene.retell.quiet();
    await run();
    expect((await scene.facts(known)).map(({ endpoint }) => endpoint)).toEqual(Array(3).fill('retell-outbound-ticket'));
    expect((await scene.facts(unknown)).map(({ endpoint }) => endpoint)).toEqual(Array(3).fill('retell'));
  });
});

describe('a call that is not analysed', () => {
  test('stays pending for a day after its end, and is then closed without an analysis; a later one still counts', async () => {
    const callId = await scene.call('analysis lost');
    const ofNothing = await scene.call('analysis lost', { metadata: { appointment_id: null } });
    await scene.retell.quiet();
    expect(scene.retell.calls().find(({ call_id }) => call_id === callId)!.call_analysis).toBeUndefined();
    await run();
    expect(await scene.session(callId)).toMatchObject({ status: 'pending', status_reason: 'analysis_missing' });

    const day = 24 * 3_600_000;
    const before = scene.start({ now: () => Date.now() + day - 60_000 });
    await scene.run(before);
    expect(await scene.session(callId)).toMatchObject({ status: 'pending' });
    const after = scene.start({ now: () => Date.now() + day + 7 * 3_600_000 });
    const report = await scene.run(after);
    expect(report.tenants[0]!.closed).toBeGreaterThan(0);
    expect(await scene.session(callId)).toMatchObject({ status: 'failed', status_reason: 'undecided' });
    expect(await scene.session(ofNothing)).toMatchObject({ status: 'answered', status_reason: 'answered' });

    scene.line.fails(({ path }) =>
      path.endsWith(callId)
        ? {
            answer: (body) =>
              JSON.stringify({
                ...JSON.parse(body),
                call_analysis: { custom_analysis_data: { appointment_confirmed: true } },
              }),
          }
        : path === '/v3/list-calls'
          ? {
              answer: (body) => {
                const page = JSON.parse(body);
                for (const item of page.items) if (item.call_id === callId) item.call_analysis = {};
                return JSON.stringify(page);
              },
            }
          : undefined,
    );
    await run({ since: Date.now() - 3_600_000 });
    expect(await scene.types(callId)).toEqual(['CallAnalyzed', 'CallAnalyzed', 'CallEnded', 'CallStarted']);
    expect(await scene.session(callId)).toMatchObject({ status: 'confirmed' });
  });
});

test('a call that is going on is no outcome, and is asked for until it ends', async () => {
  scene.retell.webhooksTo({ ...scene.hook, fate: ({ event }) => ({ lost: event !== 'call_started' }) });
  const callId = await scene.call('confirmed');
  await scene.retell.quiet();
  const ongoing = (body: string) => {
    const { call_analysis: _a, end_timestamp: _e, disconnection_reason: _d, ...call } = JSON.parse(body);
    return JSON.stringify({ ...call, call_status: 'ongoing' });
  };
  scene.line.fails(({ path }) =>
    path.endsWith(callId)
      ? { answer: ongoing }
      : path === '/v3/list-calls'
        ? { answer: () => '{"items":[],"has_more":false}' }
        : undefined,
  );
  for (let i = 0; i < 3; i++) expect(await run()).toMatchObject({ goingOn: 1, recorded: 0 });
  expect(await scene.types(callId)).toEqual(['CallStarted']);
  scene.line.clear();
  await run();
  expect(await scene.session(callId)).toMatchObject({ status: 'confirmed' });
});
