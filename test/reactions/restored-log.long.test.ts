import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Recorded } from '../../src/events/recorded.ts';
import { startCallLinking } from '../../src/reactions/call-linking/start.ts';
import { caughtUp, logged, logger, type Scene, soon, startScene, TENANT } from './scene.ts';

// The log is put back to an earlier state, and Postgres is not: mails and links of what is recorded since.

let scene: Scene;
let empty: string;
beforeAll(async () => {
  scene = await startScene();
  empty = await scene.eventStore.backUp();
});
afterEach(() => scene.stopAll());
afterAll(() => scene.stop());

const mailsOf = (calls: readonly string[]) => calls.map((call) => scene.smtp.of(call).length);
const checkpoint = async (reaction: string) => {
  const { rows } = await scene.pool.query(`select position from reactions.checkpoints where reaction = $1`, [reaction]);
  return BigInt(rows[0]?.position ?? -1);
};
/** What has been read of the records is known after a restore too; a moment earlier a mail would go again. */
const allIsRead = async () => {
  const head = (await scene.log.head())!;
  await soon(async () => expect(await checkpoint('ticket-mail')).toBeGreaterThanOrEqual(head));
};
const interruptions = () => logged.filter((line) => line.includes('ticket_mail_interrupted')).length;
/** New calls until the log is longer than it was. */
async function growBeyond(position: bigint, name: string): Promise<readonly string[]> {
  const calls: string[] = [];
  while ((await scene.log.head())! <= position) {
    calls.push(`${name}_${calls.length}`);
    await scene.need(calls.at(-1)!);
  }
  return calls;
}

test('restored while the mails are stopped, and grown past their checkpoint: what is new goes out once, nothing again', async () => {
  const mail = scene.start();
  await caughtUp(mail);
  await scene.need('kept');
  await scene.allSent('kept');
  const backup = await scene.eventStore.backUp();
  await scene.need('lost_1', 'lost_2');
  await scene.allSent('lost_1', 'lost_2');
  await allIsRead();
  await scene.stopAll();
  const read = await checkpoint('ticket-mail');

  await scene.eventStore.restore(backup);
  expect(await scene.record('lost_1')).toEqual([]);
  const gap = await growBeyond(read, 'gap');
  scene.start();
  await scene.allSent(...gap);
  await scene.need('after', 'lost_1'); // Retell knows of it still
  await scene.allSent('after', 'lost_1');
  const all = ['kept', 'lost_1', 'lost_2', ...gap, 'after'];
  await scene.noJobsLeft(all);
  expect(mailsOf(all)).toEqual(all.map(() => 1));
  expect(logged.filter((line) => line.includes('reaction_starts_over'))).toHaveLength(1);
});

test('restored under running processes: what is new goes out once', async () => {
  const backup = await scene.eventStore.backUp();
  const [leader, other] = [scene.start(), scene.start()];
  await soon(() =>
    expect([leader, other].map(({ status }) => status().state).sort()).toEqual(['following', 'standby']),
  );
  await scene.need('lost_3');
  await scene.allSent('lost_3');
  await allIsRead();
  const gap = ['running_1', 'running_2', 'running_3'];
  await scene.eventStore.restore(backup);
  await scene.need(...gap, 'lost_3');
  await scene.allSent(...gap, 'lost_3');
  await scene.noJobsLeft(gap);
  expect(mailsOf(['lost_3', ...gap])).toEqual([1, 1, 1, 1]);
});

test('calls that name no session are linked in what is recorded after a restore', async () => {
  const number = { direction: 'outbound', personal: { toNumber: '+14155550100' } };
  const links = async (call: string): Promise<readonly Recorded[]> =>
    (await scene.log.read(`call-${TENANT}.${call}`)).filter(({ type }) => type === 'CallLinked');
  const ask = (session: string) =>
    scene.log.append(`session-${TENANT}.${session}`, 'no_stream', [
      {
        ...{ id: crypto.randomUUID(), type: 'CallRequested' },
        data: {
          toNumber: '+14155550100',
          fromNumber: '+14155550101',
          agentId: 'agent_1',
          attempt: crypto.randomUUID(),
        },
        metadata: { tenantId: TENANT, source: 'command', receivedAt: '2026-01-01T10:00:00.000Z', $correlationId: 'c' },
      },
    ]);
  const start = () =>
    startCallLinking({ log: scene.log, databaseUrl: scene.databaseUrl, matchMinutes: 60, logger, standbyMs: 50 });

  const backup = await scene.eventStore.backUp();
  const before = start();
  await ask('asked_1');
  await scene.say('linked_1', 'CallStarted', number);
  await soon(async () => expect(await links('linked_1')).toHaveLength(1));
  await before.stop();
  // As it is saved after a window.
  const last = (await scene.log.newest(1))[0]!;
  const { id: origin } = (await scene.log.read('reaction-call-linking'))[0]!;
  await scene.pool.query(`insert into reactions.checkpoints (reaction, position, origin, event) values
    ('call-linking', ${last.position}, '${origin}', '${last.position}:${last.id}')`);

  await scene.eventStore.restore(backup);
  await scene.log.append('reaction-call-linking', 'no_stream', [
    { id: origin, type: 'ReactionStarted', data: {}, metadata: {} },
  ]);
  await ask('asked_2');
  await scene.say('linked_2', 'CallStarted', number);
  await growBeyond(last.position, 'more');
  const after = start();
  await soon(async () => expect(await links('linked_2')).toMatchObject([{ data: { sessionId: 'asked_2' } }]));
  await after.stop();
});

test('restored to before the first start under running processes, each of them begins where the log says now', async () => {
  const [leader, other] = [scene.start(), scene.start()];
  await soon(() =>
    expect([leader, other].map(({ status }) => status().state).sort()).toEqual(['following', 'standby']),
  );
  const before = interruptions();
  await scene.eventStore.restore(empty);
  await soon(() => expect(interruptions() - before).toBeGreaterThanOrEqual(2));
  await soon(() =>
    expect([leader, other].map(({ status }) => status().state).sort()).toEqual(['following', 'standby']),
  );
  const gap = ['anew_1', 'anew_2', 'anew_3', 'anew_4'];
  await scene.need(...gap);
  await scene.allSent(...gap);
  await scene.noJobsLeft(gap);
  expect(mailsOf(gap)).toEqual([1, 1, 1, 1]);
});
