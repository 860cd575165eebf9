import type { CallSession, HistoryItem } from '../api.ts';
import { allPages } from '../cli.ts';
import { Failure } from '../failure.ts';
import type { Verb } from '../program.ts';
import type { Service } from '../service.ts';
import { type Columns, examples, fields, shortened, table } from '../text.ts';

const LONG = 40;
const value = (of: unknown): string =>
  of === null || of === undefined ? '–' : shortened(typeof of === 'string' ? of : JSON.stringify(of), LONG);

const changed = ({ field, from, to, added, removed }: HistoryItem['changes'][number]): string => {
  const moved = [...(added ?? []).map((one) => `+ ${value(one)}`), ...(removed ?? []).map((one) => `- ${value(one)}`)];
  if (moved.length > 0) return `${field}: ${moved.join(', ')}`;
  return from === null || from === undefined ? `${field} = ${value(to)}` : `${field}: ${value(from)} → ${value(to)}`;
};

/** As the service does: digits alone are a position. */
const wasKnown = ({ position, recordedAt }: HistoryItem, at: string | undefined): boolean =>
  at === undefined || (/^\d+$/.test(at) ? BigInt(position) <= BigInt(at) : Date.parse(recordedAt) <= Date.parse(at));

/** Why a fact has changed nothing. */
const hindrances = ({ unreadable, waitsFor }: HistoryItem): string[] => [
  ...(unreadable ? [`UNREADABLE in ${unreadable.stream}: ${unreadable.reason}`] : []),
  ...(waitsFor === undefined ? [] : [`waits behind the unreadable fact at ${waitsFor}`]),
];

/** A line of the table: a fact with its first change, or, without the fact, one of its further changes. */
type Line = { readonly fact?: HistoryItem; readonly change: string };

const linesOf = (fact: HistoryItem): Line[] => {
  const [change = '', ...others] = [...hindrances(fact), ...fact.changes.map(changed)];
  return [{ fact, change }, ...others.map((other) => ({ change: other }))];
};

const ofFact =
  (cell: (fact: HistoryItem) => unknown) =>
  ({ fact }: Line): unknown =>
    fact ? cell(fact) : '';

const columns: Columns<Line> = {
  POSITION: ofFact(({ position }) => position),
  HAPPENED: ofFact(({ occurredAt }) => occurredAt),
  KNOWN: ofFact(({ recordedAt }) => recordedAt),
  SOURCE: ofFact(({ source }) => source),
  FACT: ofFact(({ type }) => type),
  EVIDENCE: ofFact(({ evidence }) => evidence),
  CHANGED: ({ change }) => change,
};

/** Shows which facts brought a call to its state. */
export const verb: Verb = (program, cli) => {
  program
    .command('history <session-or-call-id>')
    .description('the facts behind a call: when each happened, when it was known, what it changed')
    .option('--at <when>', 'as it was known then: an ISO time with an offset, or a position')
    .option('--tenant <id>', 'whose call it is; of another than default: with --api-key or API_KEY')
    .addHelpText(
      'after',
      examples(
        'history call_5f0c2b1e',
        'history call_5f0c2b1e --at 2026-03-01T10:00:00+01:00',
        'history session-17 --tenant acme --api-key "$ACME_KEY"',
      ),
    )
    .action(async (id: string, { tenant, at }: { tenant?: string; at?: string }) => {
      const service = cli.as(tenant);
      const session = await find(service, id, at);
      if (tenant !== undefined && session.tenantId !== tenant)
        throw new Failure(1, `The API key is one of tenant ${session.tenantId}, not of ${tenant}.`, {
          remedy: `Issue one: call-ledger keys issue ${tenant} --scope read`,
        });
      // The session may have had another id then; that of its call goes on answering.
      const lasting = at !== undefined && session.retellCallId ? `call:${session.retellCallId}` : session.id;
      const items = (await wholeHistory(service, lasting)).filter((item) => wasKnown(item, at));
      const head = fields({
        session: session.id,
        tenant: session.tenantId,
        status: `${session.status} (${session.statusReason})`,
        calls: session.retellCallIds.join(', ') || undefined,
        'by phone number': session.matchedByPhoneNumber?.join(', '),
        appointment: session.appointmentId,
        ticket: session.ticketId,
      });
      cli.answer({ session, items }, `${head}\n\n${table(items.flatMap(linesOf), columns)}`);
    });
};

const wholeHistory = (service: Service, id: string): Promise<HistoryItem[]> =>
  allPages((cursor) => service.call('GET /api/call-sessions/{id}/history', { path: { id }, query: { cursor } }));

/** Finds a session by its id, else by that of a call in it. */
async function find(service: Service, id: string, at: string | undefined): Promise<CallSession> {
  const read = (name: string) =>
    service.call('GET /api/call-sessions/{id}', { path: { id: name }, ...(at !== undefined && { query: { at } }) });
  try {
    return await read(id);
  } catch (error) {
    if (!(error instanceof Failure) || error.details.status !== 404 || id.startsWith('call:')) throw error;
  }
  try {
    return await read(`call:${id}`);
  } catch (error) {
    if (!(error instanceof Failure) || error.details.code !== 'not_found') throw error;
    const had = at === undefined ? `has the id ${id}` : `had the id ${id} at ${at}`;
    throw new Failure(1, `No session and no call ${had}.`, {
      ...error.details,
      remedy: 'Check the id, and the tenant whose API key is used: what belongs to another is not found either.',
    });
  }
}
