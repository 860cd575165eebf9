import { createHash } from 'node:crypto';
import type { Random } from '../../src/retell-emulator/random.ts';
import { type Story, stories } from '../../src/retell-emulator/stories.ts';
import type { Tenant } from './tenants.ts';

/** A webhook to be posted, once or again and again: the same content is the same fact. */
export type Webhook = {
  readonly tenant: Tenant;
  readonly path: string;
  /** Without `event_timestamp`, which each attempt has of its own; or bytes that make no sense. */
  readonly body: Readonly<Record<string, unknown>> | string;
  /** What the log must hold once it is accepted: `entryOf` of the fact. */
  readonly entry: string;
};

const endpoints: Readonly<Record<Story['agent'], string>> = {
  appointments: 'retell',
  inbound_tickets: 'retell-inbound-ticket',
  outbound_tickets: 'retell-outbound-ticket',
};

const kinds: Readonly<Record<string, string>> = {
  call_started: 'CallStarted',
  call_ended: 'CallEnded',
  call_analyzed: 'CallAnalyzed',
  transfer_started: 'TransferStarted',
  transfer_bridged: 'TransferBridged',
  call_paused: 'CallEventUnrecognized',
};

export type PlannedCall = { readonly callId: string; readonly story: Story; readonly webhooks: readonly Webhook[] };

/**
 * The webhooks of one call, in the order in which the network hands them over: shuffled often, some of them twice, some
 * calls analysed a second time with another result, some with webhooks that nobody knows or that make no sense.
 */
export function planCall(n: number, tenant: Tenant, random: Random): PlannedCall {
  const story = random.pick(stories);
  const callId = `call_${n}`;
  const inbound = story.agent === 'inbound_tickets';
  const person = `${tenant.numbers}${String(random.below(100)).padStart(2, '0')}`;
  const startedAt = Date.now() - 600_000 + random.below(300_000);
  const endedAt = startedAt + 8_000 + random.below(90_000);
  const call = {
    ...{ call_id: callId, call_type: 'phone_call', agent_id: `agent_${story.agent}`, agent_name: 'Reminder' },
    direction: inbound ? 'inbound' : 'outbound',
    ...(inbound ? { from_number: person, to_number: OURS } : { from_number: OURS, to_number: person }),
    metadata: metadataOf(n, story, random),
    retell_llm_dynamic_variables: { customer_name: `${tenant.mark} Quillfeather` },
    ...(story.connected && { start_timestamp: startedAt }),
  };
  const over = {
    ...call,
    ...(story.connected && { end_timestamp: endedAt, duration_ms: endedAt - startedAt }),
    call_status: story.callStatus,
    disconnection_reason: story.disconnection,
    transcript: story.connected ? `Agent: Hello.\nUser: It is about the umbrella of ${tenant.mark}.\n` : '',
    recording_url: `https://recordings.example/${tenant.mark}/${callId}.wav`,
  };
  const webhook = (event: string, content: object, variant = 'first'): Webhook => ({
    tenant,
    path: pathOf(tenant, endpoints[story.agent]),
    body: { event, call: { ...content, collected_dynamic_variables: { variant } } },
    entry: `call-${tenant.id}.${callId} ${kinds[event]} ${variant}`,
  });
  const analysed = (of: Story['analysis']) => ({
    ...over,
    call_analysis: { ...of, call_summary: `${tenant.mark} was asked.` },
  });

  const all: Webhook[] = [];
  if (story.connected) all.push(webhook('call_started', call));
  if (story.disconnection === 'call_transfer' || random.next() < 0.1) all.push(webhook('transfer_started', call));
  if (story.disconnection === 'call_transfer') all.push(webhook('transfer_bridged', call));
  if (random.next() < 0.05) all.push(webhook('call_paused', call));
  all.push(webhook('call_ended', over));
  if (story.analysis) all.push(webhook('call_analyzed', analysed(story.analysis)));
  const other = random.pick(stories.filter(({ agent, analysis }) => agent === story.agent && analysis));
  if (random.next() < 0.15) all.push(webhook('call_analyzed', analysed(other.analysis), 'second'));
  if (random.next() < 0.03) all.push(nonsense(tenant, n));

  const order = random.next() < 0.4 ? random.shuffled(all) : all;
  const again = order.filter(() => random.next() < 0.25);
  return { callId, story, webhooks: [...order, ...random.shuffled(again)] };
}

const pathOf = ({ id }: Tenant, endpoint: string): string =>
  `${id === 'default' ? '' : `/t/${id}`}/api/webhooks/${endpoint}`;

const OURS = '+442079460018';

function metadataOf(n: number, { agent }: Story, random: Random): object {
  const redial = random.next() < 0.1 && n > 0;
  const session = random.next() < 0.8 ? { call_session_id: `cs_${redial ? n - 1 : n}` } : {};
  if (agent !== 'appointments') return session;
  const shared = random.next() < 0.2;
  return { ...session, appointment_id: shared ? `apt_shared_${n % 7}` : `apt_${n}`, contact_id: `con_${n}` };
}

/** Authentic, and no webhook of anybody's: kept in quarantine. */
function nonsense(tenant: Tenant, n: number): Webhook {
  const body = JSON.stringify({ event: 'call_ended', call: { call_id: '', number: n } });
  const digest = createHash('sha256').update(body).digest('hex');
  return {
    ...{ tenant, body, path: pathOf(tenant, 'retell') },
    entry: `quarantine-${tenant.id}.${digest} DeliveryQuarantined first`,
  };
}
