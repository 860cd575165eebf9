import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { outcomes } from '../../src/http/resources.ts';
import type { DailySummary, HourlySummary } from '../../src/read-api/summary.ts';
import { queryApi } from './callers.ts';
import { readModelOfFile } from './read-model.ts';

const readModel = await readModelOfFile();
const { get } = queryApi(readModel.db);
beforeEach(() => readModel.clear());
afterEach(() => void vi.useRealTimers());

type Asked = Readonly<Record<string, string>>;
async function summary(asked: Asked, key?: string): Promise<DailySummary> {
  const { status, body } = await get(`/api/summary?${new URLSearchParams(asked)}`, key);
  expect(status, JSON.stringify(body)).toBe(200);
  return body as unknown as DailySummary;
}
const datesOf = async (asked: Asked, key?: string) => (await summary(asked, key)).days.map(({ date }) => date);
const errorsOf = async (asked: Asked) => {
  const { status, body } = await get(`/api/summary?${new URLSearchParams(asked)}`);
  expect([status, body.code]).toEqual([400, 'invalid_request']);
  return body.errors.map(({ path, message }) => `${path} ${message}`);
};

/** Only what is not 0. */
const some = (counts: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
const callsOf = ({ days }: DailySummary) =>
  Object.fromEntries(days.map(({ date, calls }) => [date, some(calls.byOutcome)]));

const time = (text: string) => new Date(text);
const MARCH = { from: '2026-03-01', to: '2026-03-03', timeZone: 'UTC' };

test('an empty day has a zero for every outcome and direction', async () => {
  const day = {
    calls: {
      byOutcome: {
        ...{ confirmed: 0, rescheduled: 0, cancelled: 0, voicemail: 0, no_answer: 0, busy: 0, failed: 0 },
        ...{ answered: 0, pending: 0 },
      },
      byDirection: { inbound: 0, outbound: 0, web: 0, unknown: 0 },
    },
    ticketsOpened: 0,
    appointmentsNeedingReview: 0,
  };
  expect(await summary(MARCH)).toEqual({
    timeZone: 'UTC',
    days: ['2026-03-01', '2026-03-02', '2026-03-03'].map((date) => ({ date, ...day })),
  });
});

describe('a session is counted', () => {
  test('where it started, else where it became known, archived or not', async () => {
    const created_at = time('2026-03-03T10:00:00Z');
    await readModel.sessions(
      { started_at: time('2026-03-01T12:00:00Z'), created_at, status: 'confirmed', direction: 'outbound' },
      { started_at: time('2026-03-01T13:00:00Z'), created_at, status: 'confirmed', direction: 'web', archived: true },
      { created_at, status: 'pending' },
    );
    const { days } = await summary(MARCH);
    expect(days.map(({ calls }) => [some(calls.byOutcome), some(calls.byDirection)])).toEqual([
      [{ confirmed: 2 }, { outbound: 1, web: 1 }],
      [{}, {}],
      [{ pending: 1 }, { unknown: 1 }],
    ]);
  });

  test('from the first instant of a day until before the first of the next, in the zone asked for', async () => {
    await readModel.sessions(
      ...['2026-03-01T18:14:59.999Z', '2026-03-01T18:15:00Z', '2026-03-02T18:14:59.999Z', '2026-03-02T18:15:00Z'].map(
        (text, i) => ({ started_at: time(text), status: outcomes[i]! }),
      ),
    );
    expect(callsOf(await summary({ ...MARCH, timeZone: 'Asia/Kathmandu' }))).toEqual({
      '2026-03-01': { confirmed: 1 },
      '2026-03-02': { rescheduled: 1, cancelled: 1 },
      '2026-03-03': { voicemail: 1 },
    });
  });

  test('once on the days of 23 and of 25 hours', async () => {
    const hours = Array.from({ length: 24 * 3 }, (_, hour) => hour);
    for (const [day, length] of [
      ['2026-03-28', 23],
      ['2026-10-24', 25],
    ] as const) {
      await readModel.clear();
      const first = Date.parse(`${day}T00:00:00Z`);
      await readModel.sessions(...hours.map((hour) => ({ started_at: new Date(first + hour * 3_600_000) })));
      const { days } = await summary({ from: new Date(first).toISOString(), to: `${day.slice(0, 8)}29` });
      expect(days[1]!.calls.byOutcome.pending, day).toBe(length);
    }
  });
});

test('tickets are counted where they were opened, and appointments where their deciding call was', async () => {
  await readModel.tickets(
    { created_at: time('2026-03-01T10:00:00Z') },
    { created_at: time('2026-03-01T11:00:00Z'), status: 'closed', active: false },
    { created_at: time('2026-03-04T00:00:00Z') },
  );
  const [created_at, deciding_call_at] = [time('2026-03-01T10:00:00Z'), time('2026-03-02T10:00:00Z')];
  await readModel.appointments(
    { created_at, deciding_call_at, needs_review: true, decided_by_call_id: 'call_1' },
    { created_at, deciding_call_at, needs_review: false, decided_by_call_id: 'call_2' },
    { created_at },
  );
  const { days } = await summary(MARCH);
  expect(days.map((day) => [day.ticketsOpened, day.appointmentsNeedingReview])).toEqual([
    [2, 0],
    [0, 1],
    [0, 0],
  ]);
});

describe('the range', () => {
  test('of instants is exact, and shows each day that it touches', async () => {
    await readModel.sessions(
      ...['09:59:59.999', '10:00:00', '23:00:00'].map((at) => ({ started_at: time(`2026-03-01T${at}Z`) })),
      ...['08:59:59.999', '09:00:00'].map((at) => ({ started_at: time(`2026-03-02T${at}Z`) })),
    );
    const asked = { from: '2026-03-01T10:00:00Z', to: '2026-03-02T10:00:00+01:00', timeZone: 'UTC' };
    expect(callsOf(await summary(asked))).toEqual({ '2026-03-01': { pending: 2 }, '2026-03-02': { pending: 1 } });
  });

  test('of dates is of whole days in the zone, the last one too', async () => {
    expect(await datesOf({ from: '2026-03-01', to: '2026-03-02', timeZone: 'Pacific/Auckland' })).toEqual([
      '2026-03-01',
      '2026-03-02',
    ]);
    expect(await datesOf({ from: '2026-03-01', to: '2026-03-01' })).toEqual(['2026-03-01']);
  });

  test('leaves out a day that a zone has skipped', async () => {
    const dates = await datesOf({ from: '2011-12-29', to: '2011-12-31', timeZone: 'Pacific/Apia' });
    expect(dates).toEqual(['2011-12-29', '2011-12-31']);
  });

  test('is the last 30 days without any, today the last, where the tenant is', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: time('2026-04-10T22:30:00Z') });
    await readModel.sessions({ started_at: time('2026-04-11T12:00:00Z') });
    const { timeZone, days } = await summary({});
    expect([timeZone, days.length, days[0]!.date, days.at(-1)!.date]).toEqual([
      ...['Europe/Berlin', 30, '2026-03-13', '2026-04-11'],
    ]);
    expect(days.at(-1)!.calls.byOutcome.pending).toBe(1);
    expect((await datesOf({}, 'other-reads')).at(-1)).toBe('2026-04-10');
    expect(await datesOf({ from: '2026-04-09' })).toEqual(['2026-04-09', '2026-04-10', '2026-04-11']);
    const until = await datesOf({ to: '2026-02-01T12:00:00Z' });
    expect([until.length, until[0], until.at(-1)]).toEqual([30, '2026-01-03', '2026-02-01']);
  });

  test('holds 400 days at most, whatever clocks do in between', async () => {
    expect(await datesOf({ from: '2026-10-01', to: '2027-11-04' })).toHaveLength(400);
    expect(await datesOf({ from: '2026-03-01', to: '2027-04-04' })).toHaveLength(400);
    const far = ['from must be at most 400 days before `to`'];
    expect(await errorsOf({ from: '2026-10-01', to: '2027-11-05' })).toEqual(far);
    expect(await errorsOf({ from: '2026-03-01', to: '2027-04-05T00:00:00.001+02:00' })).toEqual(far);
  });

  test('may lie anywhere in the years 1 to 9999', async () => {
    const none = 'must be a date, as 2026-03-01, or an ISO 8601 time with an offset or Z, of the years 1 to 9999';
    expect(await datesOf({ from: '9999-12-30', to: '9999-12-31T12:00:00Z', timeZone: 'UTC' })).toHaveLength(2);
    expect(await datesOf({ from: '0001-01-02', to: '0001-01-02', timeZone: 'UTC' })).toEqual(['0001-01-02']);
    expect(await errorsOf({ from: '0001-01-01', to: '0001-01-02', timeZone: 'Asia/Tokyo' })).toEqual([`from ${none}`]);
    for (const timeZone of ['Asia/Tokyo', 'America/New_York', 'UTC']) {
      expect(await errorsOf({ to: '0001-01-02', timeZone })).toEqual([`from ${none}`]);
      expect(await errorsOf({ from: '0000-12-31', to: '0001-01-02', timeZone })).toEqual([`from ${none}`]);
    }
    expect(await errorsOf({ from: '9999-12-01', to: '9999-12-31T23:00:00Z', timeZone: 'Asia/Tokyo' })).toEqual([
      `to ${none}`,
    ]);
  });

  test.each([
    [{ from: 'yesterday' }, 'from must be a date'],
    [{ to: '2026-02-30' }, 'to must be a date'],
    [{ to: '2026-02-01T10:00:00' }, 'to must be a date'],
    [{ from: '2026-03-02', to: '2026-03-01' }, 'from must not be after `to`'],
    [{ from: '2999-01-01' }, 'from must not be after `to`'],
    [{ timeZone: 'Mars/Olympus' }, 'timeZone must be an IANA time zone'],
    [{ timeZone: '+01:00' }, 'timeZone must be an IANA time zone'],
    [{ zone: 'UTC' }, 'zone is not a parameter'],
  ])('is refused where it makes no sense: %j', async (asked: Asked, message) => {
    const errors = await errorsOf(asked);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(message);
  });
});

test('another tenant has counts of its own', async () => {
  await readModel.sessions({ tenant_id: 'other', started_at: time('2026-03-01T12:00:00Z') });
  await readModel.tickets({ tenant_id: 'other', created_at: time('2026-03-01T12:00:00Z') });
  const review = { needs_review: true, decided_by_call_id: 'call_1', deciding_call_at: time('2026-03-01T12:00:00Z') };
  await readModel.appointments({ tenant_id: 'other', ...review });
  const numbers = async (key?: string) => (await summary(MARCH, key)).days.map((day) => JSON.stringify(day));
  expect((await numbers()).join()).not.toMatch(/:[1-9]/);
  const [first] = (await summary(MARCH, 'other-reads')).days;
  expect(first).toMatchObject({ calls: { byOutcome: { pending: 1 } }, ticketsOpened: 1, appointmentsNeedingReview: 1 });
});

describe('by hours', () => {
  const hoursOf = async (asked: Asked) => {
    const { status, body } = await get(`/api/summary/hours?${new URLSearchParams(asked)}`);
    expect(status, JSON.stringify(body)).toBe(200);
    return (body as unknown as HourlySummary).hours;
  };

  test('each hour that a range touches is counted whole', async () => {
    await readModel.sessions(
      { started_at: time('2026-03-01T09:59:59.999Z'), status: 'confirmed' },
      { started_at: time('2026-03-01T10:00:00Z'), status: 'busy' },
      { started_at: time('2026-03-01T11:59:00Z'), status: 'busy' },
      { started_at: time('2026-03-01T12:00:00Z'), status: 'failed' },
    );
    const hours = await hoursOf({ from: '2026-03-01T11:30:00+01:00', to: '2026-03-01T11:00:00.001Z' });
    expect(hours.map(({ startsAt, calls }) => [startsAt, some(calls.byOutcome)])).toEqual([
      ['2026-03-01T10:00:00.000Z', { busy: 1 }],
      ['2026-03-01T11:00:00.000Z', { busy: 1 }],
    ]);
  });

  test('the last 24 are those up to the end of this one', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: time('2026-03-02T10:00:00Z') });
    const hours = await hoursOf({});
    expect([hours.length, hours[0]!.startsAt, hours.at(-1)!.startsAt]).toEqual([
      ...[24, '2026-03-01T11:00:00.000Z', '2026-03-02T10:00:00.000Z'],
    ]);
    const before = await hoursOf({ to: '2026-03-01T00:00:00Z' });
    expect([before.length, before.at(-1)!.startsAt]).toEqual([24, '2026-02-28T23:00:00.000Z']);
    expect(await hoursOf({ from: '2026-03-01T00:00:00Z', to: '2026-03-01T00:00:00Z' })).toEqual([]);
  });

  test.each([
    [{ from: '2026-03-02T00:00:00Z', to: '2026-03-01T00:00:00Z' }, 'from must not be after `to`'],
    [{ from: '2026-03-01T00:00:00Z', to: '2026-03-15T00:00:01Z' }, 'from must be at most 336 hours before `to`'],
    [{ from: '2026-03-01' }, 'from must be an ISO 8601 time with an offset or Z'],
  ])('400 for %j', async (asked, fault) => {
    const { status, body } = await get(`/api/summary/hours?${new URLSearchParams(asked)}`);
    expect([status, body.code]).toEqual([400, 'invalid_request']);
    expect(body.errors.map(({ path, message }) => `${path} ${message}`)).toEqual([fault]);
  });
});
