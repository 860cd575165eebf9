import { readFileSync } from 'node:fs';
import { Eta } from 'eta';
import type { EventLog } from '../../events/event-log.ts';
import type { Json, JsonObject } from '../../events/json.ts';
import { callIdOfTicket } from '../../events/ticket-facts.ts';
import { contentOf, type MailContent } from './content.ts';
import { readTicketFacts } from './mail-record.ts';

// Escaping, by the templates, does not help against control characters and direction overrides.
const DIRECTION_OVERRIDES = /[\u202a-\u202e\u2066-\u2069]/gu;
const CONTROLS_BUT_LINES = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufeff]/gu;
const LINE_ENDS = /\r\n|[\r\n\u000b\u000c\u0085\u2028\u2029]/gu;

/** Text of several lines. */
function cleanText(text: string, max: number): string {
  const clean = text
    .toWellFormed()
    .replace(LINE_ENDS, '\n')
    .replace(DIRECTION_OVERRIDES, '')
    .replace(CONTROLS_BUT_LINES, '');
  return shortened(clean, max);
}

/** Text for one line, as a subject is. */
export const cleanLine = (text: string, max: number): string =>
  shortened(cleanText(text, Number.POSITIVE_INFINITY).replace(/\s+/gu, ' ').trim(), max);

/** Cut between code points, with an ellipsis. */
function shortened(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/u, '')}…`;
}

/** A link that is safe to show: `http` or `https`. It is never fetched. */
export function linkOf(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed.length > 2000 || !/^https?:\/\//i.test(trimmed)) return undefined;
  const url = URL.parse(trimmed);
  // `https://bank.example@evil.example` leads to evil.example.
  return url === null || url.username !== '' || url.password !== '' ? undefined : url.href;
}

export type RenderedMail = { readonly subject: string; readonly text: string; readonly html: string };

/** Servers refuse mails that are too long; the ticket has everything. */
const MAX = { subject: 150, name: 100, line: 500, value: 2_000, summary: 20_000, transcript: 200_000, fields: 300 };

const template = (name: string): string => readFileSync(new URL(`./templates/${name}`, import.meta.url), 'utf8');
const sources = { html: template('ticket-mail.html.eta'), text: template('ticket-mail.txt.eta') };
const html = new Eta({ autoEscape: true, autoTrim: [false, 'nl'] });
/** Plain text is not escaped but indented, so that a caller's text cannot pass for a line of ours. */
const plain = new Eta({ autoEscape: false, autoTrim: [false, 'nl'] });

/** What the templates show: clean text, which only they escape. */
type MailView = {
  readonly subject: string;
  readonly why: string;
  readonly tenant: string;
  readonly facts: readonly Row[];
  readonly customer: readonly Row[];
  readonly analysis: readonly Row[];
  readonly businessData: readonly Row[];
  readonly summary: string;
  readonly transcript: string;
  /** `link` is absent when it is not safe to follow. */
  readonly recording: { readonly link?: string; readonly shown: string } | undefined;
  readonly indented: (text: string) => string;
};
type Row = { readonly name: string; readonly value: string };

/** Subject, text and HTML of a ticket's mail (B9). Pure: the same content gives the same mail. */
export function renderTicketMail(content: MailContent): RenderedMail {
  const view = viewOf(content);
  return {
    subject: view.subject,
    text: plain.renderString(sources.text, view),
    html: html.renderString(sources.html, view),
  };
}

function viewOf({ ticket, call, customer, businessData, tenantName, timeZone }: MailContent): MailView {
  const why = ticket.transferred ? 'Call transferred' : 'Action required';
  const other = ticket.direction === 'inbound' ? call.fromNumber : call.toNumber;
  const who = cleanLine(customer?.name ?? customer?.phone ?? other ?? 'unknown customer', MAX.name);
  const { analysis, recordingUrl } = call;
  const link = recordingUrl === undefined ? undefined : linkOf(recordingUrl);
  const at = (iso: string | undefined) => (iso === undefined ? undefined : timeText(iso, timeZone));
  return {
    subject: cleanLine(`${why}: ${who}`, MAX.subject),
    why,
    tenant: cleanLine(tenantName, MAX.name),
    facts: rows({
      Ticket: ticket.id,
      Status: ticket.status,
      Direction: ticket.direction,
      Agent: call.agentName ?? call.agentId,
      From: call.fromNumber,
      To: call.toNumber,
      Started: at(call.startedAt),
      Ended: at(call.endedAt),
      Duration: call.durationMs === undefined ? undefined : durationText(call.durationMs),
      'Ended because': call.disconnectionReason,
    }),
    customer: rows({
      Name: customer?.name,
      Phone: customer?.phone ?? other,
      'As dialled': customer?.rawPhones.filter((raw) => raw !== customer.phone).join(', ') || undefined,
    }),
    analysis: rows({
      Outcome: `${call.status} (${call.statusReason})`,
      Sentiment: analysis?.sentiment,
      Successful: yesOrNo(analysis?.successful),
      Voicemail: yesOrNo(analysis?.inVoicemail),
    }),
    businessData: rows(businessData),
    summary: cleanText(analysis?.summary ?? '', MAX.summary).trim(),
    transcript: cleanText(call.transcript ?? '', MAX.transcript).trim(),
    recording:
      recordingUrl === undefined
        ? undefined
        : { shown: link ?? cleanLine(recordingUrl, MAX.line), ...(link !== undefined && { link }) },
    indented: (text) => text.replaceAll('\n', '\n    '),
  };
}

function rows(fields: Readonly<Record<string, Json | undefined>> | JsonObject): Row[] {
  const all = Object.entries(fields).flatMap(([name, value]) => {
    const text = valueText(value);
    return text === '' ? [] : [{ name: cleanLine(name, MAX.name), value: text }];
  });
  const more = all.length - MAX.fields;
  return more > 0 ? [...all.slice(0, MAX.fields), { name: '…', value: `${more} more` }] : all;
}

const yesOrNo = (flag: boolean | undefined): string | undefined =>
  flag === undefined ? undefined : flag ? 'yes' : 'no';

/** `0`, `false` and `No` are values like any other. */
function valueText(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  return cleanText(typeof value === 'string' ? value : JSON.stringify(value), MAX.value).trim();
}

const timeText = (iso: string, timeZone = 'UTC'): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'medium', timeStyle: 'long' }).format(new Date(iso));

function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A ticket's mail as it would go out now. Nothing is sent or recorded. */
export async function previewTicketMail(
  log: EventLog,
  tenantId: string,
  ticketId: string,
  tenant: { readonly name?: string | undefined; readonly timeZone?: string | undefined } = {},
): Promise<RenderedMail | 'unknown_ticket' | 'erased'> {
  const callId = callIdOfTicket(ticketId);
  if (callId === undefined) return 'unknown_ticket';
  const facts = await readTicketFacts(log, tenantId, callId);
  const content = contentOf(facts, { name: tenant.name ?? tenantId, timeZone: tenant.timeZone });
  if (content?.ticket.erased) return 'erased';
  return content ? renderTicketMail(content) : 'unknown_ticket';
}
