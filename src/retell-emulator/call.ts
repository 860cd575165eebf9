import type { Random } from './random.ts';

/** A call as Retell's API and webhooks show it (docs/retell-api.md, "Webhooks"). */
export type RetellCall = {
  call_id: string;
  call_type: 'phone_call';
  agent_id: string;
  agent_version: number;
  agent_name: string;
  call_status: 'registered' | 'ongoing' | 'ended' | 'not_connected' | 'error';
  direction: 'inbound' | 'outbound';
  from_number: string;
  to_number: string;
  metadata?: Record<string, unknown>;
  retell_llm_dynamic_variables?: Record<string, string>;
  start_timestamp?: number;
  end_timestamp?: number;
  duration_ms?: number;
  disconnection_reason?: string;
  call_analysis?: Record<string, unknown> & { custom_analysis_data?: Record<string, unknown> };
  [field: string]: unknown;
};

export type Create = {
  readonly from_number: string;
  readonly to_number: string;
  /** Somebody rings one of our numbers; default `outbound`, the only one that can be asked for. */
  readonly direction?: 'inbound' | 'outbound' | undefined;
  readonly override_agent_id?: string | undefined;
  readonly metadata?: Record<string, unknown> | undefined;
  readonly retell_llm_dynamic_variables?: Record<string, string> | undefined;
};

export function newCall(create: Create, random: Random): RetellCall {
  const digits = () => random.below(0x1_0000_0000).toString(16).padStart(8, '0');
  const { override_agent_id, metadata, retell_llm_dynamic_variables, direction = 'outbound' } = create;
  return {
    call_id: `call_${digits()}${digits()}${digits()}`,
    call_type: 'phone_call',
    agent_id: override_agent_id ?? 'agent_bound_to_the_number',
    agent_version: 1,
    agent_name: 'Appointment Reminder',
    call_status: 'registered',
    direction,
    from_number: create.from_number,
    to_number: create.to_number,
    ...(metadata && { metadata }),
    ...(retell_llm_dynamic_variables && { retell_llm_dynamic_variables }),
  };
}

/** As the v3 list shows a call: what was said is left to get-call (docs/retell-api.md, "API"). */
export function listed(call: RetellCall): RetellCall {
  const { transcript: _a, transcript_object: _b, transcript_with_tool_calls: _c, ...rest } = call;
  return rest as RetellCall;
}
