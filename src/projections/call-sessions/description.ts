import type { Personal } from '../../events/call-facts.ts';
import type { JsonObject } from '../../events/json.ts';
import { type Correlation, correlation } from '../../model/call.ts';
import type { CallFact } from '../../model/call-fact.ts';
import type { Reading } from '../../model/latest.ts';
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

export const description: Reading<Description, CallFact> = (fact) => {
  const { data, metadata } = fact;
  return {
    ...correlation(fact),
    direction: data.direction,
    agentId: data.agentId,
    agentName: data.agentName,
    contactId: data.contactId,
    durationMs: data.durationMs,
    disconnectionReason: data.disconnectionReason,
    fromNumber: data.personal?.fromNumber,
    toNumber: data.personal?.toNumber,
    transcript: data.personal?.transcript,
    recordingUrl: data.personal?.recordingUrl,
    analysis: data.analysed ? analysisOf(data, data.personal) : undefined,
    hasTicket: makesTickets(metadata) || undefined,
    region: metadata.defaultRegion,
  };
};

/** Undefined where the analysis says nothing: it takes nothing from what another has said. */
function analysisOf(data: CallFact['data'], personal: Personal | undefined): Analysis | undefined {
  const custom = { ...personal?.custom, ...data.flags };
  const said = {
    ...(personal?.summary === undefined ? {} : { summary: personal.summary }),
    ...(personal?.sentiment === undefined ? {} : { sentiment: personal.sentiment }),
    ...(data.successful === undefined ? {} : { successful: data.successful }),
    ...(data.inVoicemail === undefined ? {} : { inVoicemail: data.inVoicemail }),
  };
  return Object.keys(said).length + Object.keys(custom).length > 0 ? { ...said, custom } : undefined;
}
