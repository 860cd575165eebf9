import type { Calls } from '../../retell-emulator/calls.ts';
import type { Story } from '../../retell-emulator/stories.ts';

/** Each kind of agent has the webhook URL of its work. */
const endpoints: Readonly<Record<Story['agent'], string>> = {
  appointments: 'retell',
  inbound_tickets: 'retell-inbound-ticket',
  outbound_tickets: 'retell-outbound-ticket',
};
const PREFIX = 'agent_simulated_';

/** Where the webhooks of a call of `callOf` go, below the address of a service. */
export const webhookPathOf = (agentId: string): string =>
  `/api/webhooks/${endpoints[agentId.slice(PREFIX.length) as Story['agent']]}`;

const OURS = '+442079460018';

type Ids = { readonly sessionId: string; readonly appointmentId: string; readonly contactId: string };

/** What Retell is asked for, so that a call of this story comes about. `person`: the other side's number. */
export function callOf(
  { agent }: Story,
  person: string,
  { sessionId, appointmentId, contactId }: Ids,
): Parameters<Calls['make']>[0] {
  const inbound = agent === 'inbound_tickets';
  return {
    direction: inbound ? 'inbound' : 'outbound',
    from_number: inbound ? person : OURS,
    to_number: inbound ? OURS : person,
    override_agent_id: `${PREFIX}${agent}`,
    metadata: {
      call_session_id: sessionId,
      ...(agent === 'appointments' && { appointment_id: appointmentId, contact_id: contactId }),
    },
  };
}

/** As if the call were of the last ten minutes. */
export function recently(random: { below(limit: number): number }): {
  readonly startedAt: number;
  readonly endedAt: number;
} {
  const startedAt = Date.now() - 600_000 + random.below(300_000);
  return { startedAt, endedAt: startedAt + 8_000 + random.below(90_000) };
}
