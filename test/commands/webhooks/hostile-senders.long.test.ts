import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../../src/events/identity.ts';
import { doorOfFile } from '../../support/store-of-file.ts';
import { ended, KEY, newCallId, signature } from './door.ts';

const { log, door } = await doorOfFile();

/** Twenty small webhooks a second until the work is done; answers what became of them. */
async function meanwhile(work: Promise<unknown>): Promise<Set<number>> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  const answers: Promise<{ status: number }>[] = [];
  while (!isDone) {
    answers.push(door.post(ended(newCallId())));
    await Promise.race([done, sleep(50)]);
  }
  await done;
  return new Set((await Promise.all(answers)).map(({ status }) => status));
}

describe('a signed body that would take the thread for seconds is kept unread, while others are served', () => {
  const keys = (count: number) => Array.from({ length: count }, (_, i) => `"${i.toString(36)}":1`).join(',');
  const call = (fields: string) => `{"event":"call_analyzed","call":{"call_id":"${newCallId()}",${fields}}}`;
  test.each([
    ['a million variables', () => call(`"retell_llm_dynamic_variables":{${keys(1_000_000)}}`), 'too_many_fields'],
    ['a million unknown fields', () => call(keys(1_000_000)), 'too_many_fields'],
    ['a million fields in a list of objects', () => call(`"a":[${'{"a":1},'.repeat(1_000_000)}{}]`), 'too_many_fields'],
    [
      '21,000 custom fields',
      () => call(`"call_analysis":{"custom_analysis_data":{${keys(21_000)}}}`),
      'too_many_fields',
    ],
    ['lists in lists, five million times', () => call(`"a":${'['.repeat(5_000_000)}`), 'too_deep'],
  ])('%s', async (_, make, reason) => {
    const body = make();
    const posted = door.post(body);
    expect(await meanwhile(posted)).toEqual(new Set([204]));
    expect((await posted).status).toBe(204);
    expect((await log.read(`quarantine-default.${sha256(body)}`)).at(-1)?.data).toMatchObject({ reason });
  });

  test('so many as the words of a long call are read', async () => {
    const callId = newCallId();
    const word = '{"word":"hello","start":0.7300000190734863,"end":1.25}';
    const words = Array.from({ length: 40_000 }, () => word).join(',');
    const body = `{"event":"call_ended","call":{"call_id":"${callId}","transcript_object":[{"role":"user","content":"hello","words":[${words}]}]}}`;
    expect((await door.post(body)).status).toBe(204);
    expect((await log.read(`call-default.${callId}`))[0]?.data).toMatchObject({ userSpoke: true });
  });
});

test('two hundred senders of slow headers are shut out after a while, and the others go on', async () => {
  const closed = Array.from({ length: 200 }, () => {
    const socket = connect(door.port, '127.0.0.1');
    socket.on('error', () => {});
    const gone = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    const head = `POST /api/webhooks/retell HTTP/1.1\r\nHost: x\r\nX-Slow: ${'x'.repeat(1000)}`;
    let sent = 0;
    const drip = setInterval(() => socket.write(head[sent++] ?? 'x'), 1000);
    return gone.finally(() => clearInterval(drip));
  });
  const begun = performance.now();
  expect(await meanwhile(Promise.all(closed))).toEqual(new Set([204]));
  expect(performance.now() - begun, 'Node’s own limits take from 60 to 90 seconds').toBeLessThan(40_000);
});

describe('a body that something on the way has written anew', () => {
  const sent = `{"event":"call_ended","call":{"call_id":"${newCallId()}","agent_name":"Zo\u00eb","duration_ms":1}}`;
  test.each([
    ['with spaces', sent.replaceAll(',', ', ').replaceAll(':', ': '), true],
    ['with a line feed at its end', `${sent}\n`, true],
    ['with escapes', sent.replace('\u00eb', '\\u00eb'), true],
    ['with another spelling of a number', sent.replace(':1}', ':1.0}'), true],
    ['with its keys in another order', sent.replace(/("call_id":"[^"]*"),("agent_name":"[^"]*")/, '$2,$1'), false],
    ['with another value', sent.replace(':1}', ':2}'), false],
    ['and broken', sent.slice(0, -1), false],
  ])('%s is 401 and leaves nothing; where it can be told, the log tells it', async (_, body, isTold) => {
    expect(body).not.toBe(sent);
    const head = await log.head();
    const answer = await door.post(body, { header: signature(sent, KEY) });
    expect([answer.status, answer.code]).toEqual([401, 'sig_mismatch']);
    expect(await log.head()).toBe(head);
    expect(door.logged().at(-1)?.reason).toBe(isTold ? 'sig_mismatch_reserialised' : 'sig_mismatch');
  });
});
