import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deleteCalls } from '../../src/erasure/delete-calls.ts';
import { type ErasureState, evolve, pendingAtRetell, record } from '../../src/erasure/erasure.ts';
import { decode, type Fact } from '../../src/events/codec.ts';
import type { ErasureRecordEvent } from '../../src/events/erasure-record.ts';
import { type EventLog, EventStoreUnavailable, type Expected, type NewEvent } from '../../src/events/event-log.ts';
import type { Recorded } from '../../src/events/recorded.ts';
import { erasureStream } from '../../src/events/streams.ts';
import { deleteAtRetell } from '../../src/retell/delete-call.ts';
import { type Retell, startRetell } from '../../src/retell-emulator/start.ts';

const requestedAt = '2026-02-01T00:00:00.000Z';
const about = { tenantId: 'acme', erasure: { id: 'ers_1', by: 'admin', requestedAt }, deleteAtRetell: true } as const;
const NOW = Date.parse(requestedAt);
const DAY = 86_400_000;

let retell: Retell;
let events: Recorded[];
/** The erasure's stream alone. */
const log = {
  read: async () => events,
  async append(stream: string, expected: Expected, some: readonly NewEvent[]) {
    const actual = events.at(-1)?.revision ?? 'no_stream';
    if (actual !== expected) return { outcome: 'conflict', actual } as const;
    const begin = BigInt(events.length);
    events.push(
      ...some.map((event, i) => {
        const place = { revision: begin + BigInt(i), position: begin + BigInt(i), recordedAt: requestedAt };
        return { ...event, ...place, stream } as Recorded;
      }),
    );
    return { outcome: 'appended', revision: events.at(-1)!.revision, position: events.at(-1)!.position } as const;
  },
} as Pick<EventLog, 'read' | 'append'>;

beforeEach(async () => {
  events = [];
  retell = await startRetell({ autoplay: false });
});
afterEach(() => retell.stop());

const made = () => retell.make({ from_number: '+442079460018', to_number: '+4930123456' }).call_id;
async function found(...calls: string[]) {
  const requested = { erasure: about.erasure, subject: { kind: 'call' }, deleteAtRetell: true } as const;
  await record(log, { tenantId: 'acme', id: 'ers_1' }, [{ type: 'ErasureRequested', data: requested }], NOW);
  const data = { calls, sessions: [], quarantined: [], last: true as const };
  await record(log, { tenantId: 'acme', id: 'ers_1' }, [{ type: 'ErasureFound', data }], NOW);
}
const ask = ({ now = NOW, key = retell.apiKey as string | null, signal = new AbortController().signal } = {}) =>
  deleteCalls(
    {
      ...{ log, signal, now: () => now },
      deleteAtRetell: (_, callId, ends) => (key === null ? undefined : deleteAtRetell(key, retell.url, callId, ends)),
    },
    about,
  );
const state = () =>
  events.map((event) => decode(event) as Fact<ErasureRecordEvent>).reduce(evolve, undefined) as ErasureState;
const left = () => retell.calls().map(({ call_id }) => call_id);

describe('a call that is erased at Retell too', () => {
  test('is gone there, and no other is; asked again, nothing more is asked of Retell', async () => {
    const [gone, other] = [made(), made()];
    await found(gone);
    expect(await ask()).toBe('done');
    expect(left()).toEqual([other]);
    expect(state()).toMatchObject({ atRetell: { deleted: 1 } });
    expect(pendingAtRetell(state())).toBe(0);
    expect(events.map(({ stream }) => stream)).toContain(erasureStream('acme', 'ers_1'));
    const asked = retell.requests.length;
    expect(await ask()).toBe('done');
    expect(retell.requests.length).toBe(asked);
  });

  test('and that Retell does not have is recorded as unknown', async () => {
    await found('call_nobody_knows', made());
    expect(await ask()).toBe('done');
    expect(state().atRetell).toEqual({ unknown: 1, deleted: 1 });
  });

  test('is refused to a key that Retell does not know, and without a key not asked for', async () => {
    const call = made();
    await found(call, 'call_2');
    expect(await ask({ key: 'another key' })).toBe('done');
    expect(state().atRetell).toEqual({ status_401: 2 });
    events = [];
    await found(call);
    expect(await ask({ key: null })).toBe('done');
    expect(state().atRetell).toEqual({ no_key: 1 });
    expect(left()).toEqual([call]);
  });

  test('waits while Retell is away, for a day', async () => {
    const port = Number(new URL(retell.url).port);
    const calls = ['call_1', 'call_2', 'call_3', 'call_4'];
    await found(...calls);
    await retell.stop();
    expect(await ask()).toBe('later');
    expect(pendingAtRetell(state())).toBe(4);
    const away = events.length;
    retell = await startRetell({ autoplay: false, port });
    expect(await ask()).toBe('done');
    expect(state().atRetell).toEqual({ unknown: 4 });

    events.length = away;
    await retell.stop();
    expect(await ask({ now: NOW + DAY + 1 })).toBe('done');
    expect(state().atRetell).toEqual({ no_answer: 4 });
    retell = await startRetell({ port });
  });

  test('is not answered for by a service that stops meanwhile', async () => {
    const stopping = new AbortController();
    await found(made());
    stopping.abort();
    await expect(ask({ signal: stopping.signal })).rejects.toThrow();
    expect(pendingAtRetell(state())).toBe(1);
  });

  test('is recorded together with others, and by itself where the service stops in between', async () => {
    await found(...Array.from({ length: 50 }, (_, i) => `call_${i}`));
    const stopping = new AbortController();
    let asked = 0;
    const appends: number[] = [];
    const counting = {
      ...log,
      append: (...all: Parameters<EventLog['append']>) => {
        appends.push(all[2].length);
        return log.append(...all);
      },
    };
    const deleting = deleteCalls(
      {
        ...{ log: counting, signal: stopping.signal, now: () => NOW },
        async deleteAtRetell() {
          if (++asked === 44) stopping.abort();
          return { outcome: 'deleted', mayPass: false };
        },
      },
      about,
    );
    await expect(deleting).rejects.toThrow();
    expect(appends).toEqual([20, 20, 3]);
    expect(pendingAtRetell(state())).toBe(7);
  });

  test('counts once, though the log took the answers and its reply was lost', async () => {
    await found(...Array.from({ length: 20 }, (_, i) => `call_${i}`));
    const replies = { lost: 0 };
    const losing = {
      ...log,
      async append(...all: Parameters<EventLog['append']>) {
        const answer = await log.append(...all);
        if (replies.lost++ === 0) throw new EventStoreUnavailable('no reply');
        return answer;
      },
    };
    const deleting = {
      ...{ log: losing, signal: new AbortController().signal, now: () => NOW },
      deleteAtRetell: async () => ({ outcome: 'deleted', mayPass: false }) as const,
    };
    await expect(deleteCalls(deleting, about)).rejects.toThrow(EventStoreUnavailable);
    expect(await deleteCalls(deleting, about)).toBe('done');
    expect(state().atRetell).toEqual({ deleted: 20 });
  });

  test('of many is asked for in pieces', async () => {
    await found(...Array.from({ length: 130 }, (_, i) => `call_${i}`));
    expect(await ask()).toBe('more');
    expect(pendingAtRetell(state())).toBe(30);
    expect(await ask()).toBe('done');
  });
});
