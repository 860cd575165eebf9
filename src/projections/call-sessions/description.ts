import type { Personal } from '../../events/call-facts.ts';
import type { JsonObject } from '../../events/json.ts';
import type { CallFact } from '../calls/call-fact.ts';
import { type Correlation, correlation } from '../calls/call-state.ts';
import type { Registers } from '../calls/latest.ts';
import { makesTickets } from '../tickets/ticket-endpoint.ts';

/** What an analysis says, as the API shows it. */
export type Analysis = {
  readonly summary?: string;
  readonly sentiment?: string;
  readonly successful?: boolean;
  readonly inVoicemail?: boolean;
  readonly custom: JsonObject;
};

/** Everything a call session shows of its calls. */
export type Description = Correlation & {
  readonly direction: 'inbound' | 'outbound' | 'web';
  readonly agentId: string;
  readonly agentName: string;
  readonly contactId: string;
  readonly durationMs: number;
  readonly disconnectionReason: string;
  readonly fromNumber: string;
  readonly toNumber: string;
  readonly transcript: string;
  readonly recordingUrl: string;
  readonly analysis: Analysis;
  /** A fact came to a ticket endpoint. */
  readonly hasTicket: true;
  /** The region that a national number is read in. */
  readonly region: string;
};

export const description: Registers<Description, CallFact> = {
  ...correlation,
  direction: ({ data }) => data.direction,
  agentId: ({ data }) => data.agentId,
  agentName: ({ data }) => data.agentName,
  contactId: ({ data }) => data.contactId,
  durationMs: ({ data }) => data.durationMs,
  disconnectionReason: ({ data }) => data.disconnectionReason,
  fromNumber: ({ data }) => data.personal?.fromNumber,
  toNumber: ({ data }) => data.personal?.toNumber,
  transcript: ({ data }) => data.personal?.transcript,
  recordingUrl: ({ data }) => data.personal?.recordingUrl,
  analysis: ({ data }) => (data.analysed ? analysisOf(data, data.personal) : undefined),
  hasTicket: ({ metadata }) => makesTickets(metadata) || undefined,
  region: ({ metadata }) => metadata.defaultRegion,
};

const analysisOf = (data: CallFact['data'], personal: Personal | undefined): Analysis => ({
  ...(personal?.summary === undefined ? {} : { summary: personal.summary }),
  ...(personal?.sentiment === undefined ? {} : { sentiment: personal.sentiment }),
  ...(data.successful === undefined ? {} : { successful: data.successful }),
  ...(data.inVoicemail === undefined ? {} : { inVoicemail: data.inVoicemail }),
  custom: { ...personal?.custom, ...data.flags },
});
