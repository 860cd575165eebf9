import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from './random.ts';
import { reminders, type Story, storyOf } from './stories.ts';

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

type Create = {
  readonly from_number: string;
  readonly to_number: string;
  /** Default: `outbound`, the only one that can be asked for. */
  readonly direction?: 'inbound' | 'outbound' | undefined;
  readonly override_agent_id?: string | undefined;
  readonly metadata?: Record<string, unknown> | undefined;
  readonly retell_llm_dynamic_variables?: Record<string, string> | undefined;
};

function newCall(create: Create, random: Random): RetellCall {
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

/** A call as the v3 list shows it: without the transcript, which get-call has (docs/retell-api.md, "API"). */
export function listed(call: RetellCall): RetellCall {
  const { transcript: _a, transcript_object: _b, transcript_with_tool_calls: _c, ...rest } = call;
  return rest as RetellCall;
}

type Kept = { readonly call: RetellCall; readonly story: Story; readonly madeAt: number };

export type CallsOptions = {
  readonly random: Random;
  /** A factor on how long calls ring, last and are analysed. */
  readonly pace: number;
  /** `false`: calls stay `registered` until `begin`. */
  readonly autoplay: boolean;
  /** When a connected call started and ended, as Retell shows it; absent: as it goes here. */
  readonly times?: ((random: Random) => { readonly startedAt: number; readonly endedAt: number }) | undefined;
  /** Called for each event, in order, with the call as it is then. */
  readonly onEvent: (event: string, call: RetellCall) => void;
  readonly signal: AbortSignal;
  readonly track: (work: Promise<unknown>) => void;
};

/** Milliseconds at pace 1: ringing, talking, from the end to its webhook, from that to the analysis. */
const LASTS = { ringing: 20, talking: 40, ended: 15, analysed: 30 } as const;

/** The calls that Retell knows, and how each goes. */
export function openCalls({ random, pace, autoplay, times, onEvent, signal, track }: CallsOptions) {
  const kept = new Map<string, Kept>();
  const scripted = new Map<string, Story>();
  const wait = (ms: number) => sleep(ms * pace, undefined, { signal });

  /** Plays a call to its end. Webhooks are triggered in order, and none waits for the one before. */
  async function play({ call, story }: Kept): Promise<void> {
    const { connected, callStatus, disconnection, analysis } = story;
    await wait(LASTS.ringing);
    const given = times?.(random);
    if (connected) {
      call.call_status = 'ongoing';
      call.start_timestamp = given?.startedAt ?? Date.now();
      onEvent('call_started', call);
      await wait(LASTS.talking);
      call.end_timestamp = given?.endedAt ?? Date.now();
      call.transcript = `Agent: Can you make it on Thursday?\nUser: One moment, please. (${call.call_id.slice(-6)})\n`;
      call.recording_url = `https://recordings.example.test/${call.call_id}.wav`;
    } else call.transcript = '';
    call.duration_ms = connected ? call.end_timestamp! - call.start_timestamp! : 0;
    call.call_status = callStatus;
    call.disconnection_reason = disconnection;
    await wait(LASTS.ended);
    onEvent('call_ended', call);
    if (analysis === undefined) return;
    await wait(LASTS.analysed);
    call.call_analysis = { ...analysis };
    onEvent('call_analyzed', call);
  }
  const begin = (one: Kept) => track(play(one).catch(() => {}));
  const ofSession = (sessionId: string) =>
    [...kept.values()].filter(({ call }) => call.metadata?.call_session_id === sessionId);

  return {
    kept,
    ofSession,
    tell: (sessionId: string, story: string) => void scripted.set(sessionId, storyOf(story)),
    begin: (sessionId: string) => ofSession(sessionId).forEach(begin),
    make(create: Create, given?: Story): RetellCall {
      const call = newCall(create, random);
      const story = given ?? scripted.get(String(create.metadata?.call_session_id)) ?? random.pick(reminders);
      const one: Kept = { call, story, madeAt: Date.now() };
      kept.set(call.call_id, one);
      if (autoplay) begin(one);
      return structuredClone(call);
    },
  };
}
export type Calls = ReturnType<typeof openCalls>;
