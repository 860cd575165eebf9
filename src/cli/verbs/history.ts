import type { JsonObject } from '../../events/json.ts';
import { Failure } from '../failure.ts';
import type { Verb } from '../program.ts';
import type { Service } from '../service.ts';
import { examples, fields, shortened, table } from '../text.ts';

type Item = {
  readonly position: string;
  readonly type: string;
  readonly occurredAt?: string;
  readonly recordedAt: string;
  readonly source?: string;
  readonly evidence?: string;
  readonly unreadable?: { readonly stream: string; readonly reason: string };
  readonly waitsFor?: string;
  readonly changes: readonly { readonly field: string; readonly from: unknown; readonly to: unknown }[];
};

const LONG = 40;
const value = (of: unknown): string =>
  of === null || of === undefined ? '–' : shortened(typeof of === 'string' ? of : JSON.stringify(of), LONG);

const changed = ({ field, from, to }: Item['changes'][number]): string =>
  from === null || from === undefined ? `${field} = ${value(to)}` : `${field}: ${value(from)} → ${value(to)}`;

/** As the service does: digits alone are a position. */
const wasKnown = ({ position, recordedAt }: Item, at: string | undefined): boolean =>
  at === undefined || (/^\d+$/.test(at) ? BigInt(position) <= BigInt(at) : Date.parse(recordedAt) <= Date.parse(at));

/** Why a fact has changed nothing. */
const said = ({ unreadable, waitsFor }: Item): string[] => [
  ...(unreadable ? [`UNREADABLE in ${unreadable.stream}: ${unreadable.reason}`] : []),
  ...(waitsFor === undefined ? [] : [`waits behind the unreadable fact at ${waitsFor}`]),
];

/** A fact, and below it whatever else it changed. */
const rowsOf = (item: Item): unknown[][] => {
  const [first = '', ...others] = [...said(item), ...item.changes.map(changed)];
  return [
    [item.position, item.occurredAt, item.recordedAt, item.source, item.type, item.evidence, first],
    ...others.map((other) => ['', '', '', '', '', '', other]),
  ];
};

/** Why a call stands as it does. */
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
      const called = at !== undefined && session.retellCallId ? `call:${session.retellCallId}` : String(session.id);
      const history = await service.get(`/api/call-sessions/${encodeURIComponent(called)}/history`);
      const items = (history.items as unknown as readonly Item[]).filter((item) => wasKnown(item, at));
      const { tenantId, status, statusReason, appointmentId, ticketId, retellCallIds, matchedByPhoneNumber } = session;
      const calls = (retellCallIds as readonly string[]).join(', ') || undefined;
      const head = fields({
        session: session.id,
        tenant: tenantId,
        status: `${status} (${statusReason})`,
        calls,
        'by phone number': (matchedByPhoneNumber as readonly string[] | undefined)?.join(', '),
        appointment: appointmentId,
        ticket: ticketId,
      });
      const rows = items.flatMap(rowsOf);
      const headings = ['POSITION', 'HAPPENED', 'KNOWN', 'SOURCE', 'FACT', 'EVIDENCE', 'CHANGED'];
      cli.answer({ session, items }, `${head}\n\n${table(headings, rows)}`);
    });
};

/** By the session's id, else by that of a call in it. */
async function find(service: Service, id: string, at: string | undefined): Promise<JsonObject> {
  const query = at === undefined ? '' : `?at=${encodeURIComponent(at)}`;
  const path = (name: string) => `/api/call-sessions/${encodeURIComponent(name)}${query}`;
  try {
    return await service.get(path(id));
  } catch (error) {
    if (!(error instanceof Failure) || error.details.status !== 404 || id.startsWith('call:')) throw error;
  }
  try {
    return await service.get(path(`call:${id}`));
  } catch (error) {
    if (!(error instanceof Failure) || error.details.code !== 'not_found') throw error;
    const remedy = 'Check the id, and the tenant whose API key is used: what belongs to another is not found either.';
    throw new Failure(
      1,
      `No session and no call ${at === undefined ? 'has' : 'had'} the id ${id}${at === undefined ? '' : ` at ${at}`}.`,
      { ...error.details, remedy },
    );
  }
}
