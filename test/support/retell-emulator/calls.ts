import { type SimulatedCall, simulatedCalls } from '../../../src/cli/simulate/calls.ts';
import { type Random, randomFrom } from '../../../src/cli/simulate/random.ts';

export type RetellCall = {
  call_id: string;
  call_type: 'phone_call';
  agent_id: string;
  agent_version: number;
  call_status: 'registered' | 'ongoing' | 'ended' | 'not_connected' | 'error';
  direction: 'outbound';
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

/** How a call goes, and what must come of it here (RULES.md, "Outcome of a call"). */
export type Story = {
  readonly name: string;
  readonly expected: SimulatedCall['expected'];
  readonly connected: boolean;
  /** What `call_ended` adds, and what the analysis does; undefined: Retell never has one. */
  readonly ended: Readonly<Record<string, unknown>>;
  readonly analysis: Readonly<Record<string, unknown>> | undefined;
};

const COUNT = 11;

/** The stories that `npm run simulate` tells, without the ids and times of its calls. */
export const stories: readonly Story[] = simulatedCalls(COUNT, 'stories', randomFrom(1), 0).map(
  ({ story, expected, webhooks }): Story => {
    const callOf = (event: string) =>
      webhooks.find((webhook) => webhook.event === event)?.call as Record<string, unknown> | undefined;
    const { call_status, disconnection_reason, transcript, recording_url } = callOf('call_ended')!;
    return {
      name: story,
      expected,
      connected: callOf('call_started') !== undefined,
      ended: { call_status, disconnection_reason, transcript, recording_url },
      analysis: callOf('call_analyzed')?.call_analysis as Story['analysis'],
    };
  },
);

/** The story of a name, or of the first word of it: `storyOf('confirmed')`. */
export function storyOf(name: string): Story {
  const story = stories.find((s) => s.name === name) ?? stories.find((s) => s.name.startsWith(name));
  if (story === undefined) throw new Error(`no story "${name}"; there are: ${stories.map((s) => s.name).join(', ')}`);
  return story;
}

export type Create = {
  readonly from_number: string;
  readonly to_number: string;
  readonly override_agent_id?: string | undefined;
  readonly metadata?: Record<string, unknown> | undefined;
  readonly retell_llm_dynamic_variables?: Record<string, string> | undefined;
};

export function newCall(create: Create, random: Random): RetellCall {
  const digits = () => random.below(0x1_0000_0000).toString(16).padStart(8, '0');
  const { override_agent_id, metadata, retell_llm_dynamic_variables } = create;
  return {
    call_id: `call_${digits()}${digits()}${digits()}`,
    call_type: 'phone_call',
    agent_id: override_agent_id ?? 'agent_bound_to_the_number',
    agent_version: 1,
    call_status: 'registered',
    direction: 'outbound',
    from_number: create.from_number,
    to_number: create.to_number,
    ...(metadata && { metadata }),
    ...(retell_llm_dynamic_variables && { retell_llm_dynamic_variables }),
  };
}

/** As the v3 list shows a call: what was said is left to get-call (REFERENCE §4). */
export function listed(call: RetellCall): RetellCall {
  const { transcript: _a, transcript_object: _b, transcript_with_tool_calls: _c, ...rest } = call;
  return rest as RetellCall;
}
