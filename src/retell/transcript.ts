import { isJsonObject, type Json, type JsonObject } from '../events/json.ts';
import { isBlank, trimmed } from '../model/words.ts';

/** Every field that has ever held the words of a call, plainest first; each as text or a list of turns. */
const plain = ['transcript', 'transcript_object', 'transcript_with_tool_calls'] as const;
const scrubbed = ['scrubbed_transcript', 'scrubbed_transcript_object', 'scrubbed_transcript_with_tool_calls'] as const;

/** Entries of such a list that are not speech. */
const unspoken: ReadonlySet<string> = new Set([
  'tool_call_invocation',
  'tool_call_result',
  'node_transition',
  'state_transition',
  'dtmf',
  'sms',
  'injected',
]);

export type Transcript = {
  /** Lines of "Agent: …", "User: …"; undefined without words. */
  readonly text: string | undefined;
  /** False only when the agent alone spoke; without a transcript it is unknown, which is not "no". */
  readonly userSpoke: boolean | undefined;
};

/** Reads the transcript from whichever field has it, and whether the other side spoke. */
export function transcriptOf(call: JsonObject): Transcript {
  const fields = prefersScrubbed(call) ? [...scrubbed, ...plain] : [...plain, ...scrubbed];
  const readings = fields.map((field) => read(call[field])).filter((reading) => reading !== undefined);
  const speakers = new Set(readings.flatMap((reading) => [...reading.speakers]));
  return {
    text: readings[0]?.text,
    userSpoke: speakers.has('user') ? true : speakers.size === 1 && speakers.has('agent') ? false : undefined,
  };
}

/** Whether the company wants personal data left out: then scrubbed fields go first. */
export const prefersScrubbed = (call: JsonObject): boolean => call.data_storage_setting === 'everything_except_pii';

type Reading = { readonly text: string; readonly speakers: ReadonlySet<string> };

const read = (value: Json | undefined): Reading | undefined =>
  typeof value === 'string' ? readText(value) : Array.isArray(value) ? readTurns(value) : undefined;

const NAME = String.raw`\p{L}{1,40}(?:[ _-]\p{L}{1,40})?`;
/** A speaker label of one or two words. Prose that looks like one only makes the speaker uncertain. */
const SPEAKER = new RegExp(String.raw`^[^\S\n]*(${NAME})[^\S\n]*:`, 'gmu');
const SPEAKER_ALONE = new RegExp(`^${NAME}$`, 'u');
const LINE_ENDS = /[\r\n\v\f\u0085\u2028\u2029]+/g;
const WORDS = /[^\s\p{Cf}]/u;

function readText(text: string): Reading | undefined {
  if (isBlank(text)) return undefined;
  const speakers = new Set<string>();
  let speaker = '';
  let from = 0;
  const spokenUpTo = (end?: number) => {
    if (!speakers.has(speaker) && WORDS.test(text.slice(from, end))) speakers.add(speaker);
  };
  for (const { 0: label, 1: name, index } of text.matchAll(SPEAKER)) {
    spokenUpTo(index);
    speaker = roleOf(name!);
    from = index + label.length;
  }
  spokenUpTo();
  return speakers.size === 0 ? undefined : { text, speakers };
}

function readTurns(turns: readonly Json[]): Reading | undefined {
  const speakers = new Set<string>();
  let text = '';
  for (const turn of turns) {
    if (!isJsonObject(turn) || typeof turn.role !== 'string' || typeof turn.content !== 'string') continue;
    const role = roleOf(turn.role);
    // One line per turn, so that words cannot pass for the turn of another speaker.
    const words = trimmed(turn.content).replace(LINE_ENDS, ' ');
    if (words === '' || unspoken.has(role) || !SPEAKER_ALONE.test(role)) continue;
    speakers.add(role);
    text += `${labelOf(role)}: ${words}\n`;
  }
  return text === '' ? undefined : { text, speakers };
}

const roleOf = (label: string): string => trimmed(label).toLowerCase().replace(/[ -]+/g, '_');

/** The label in the vendor's own text: "Transfer Target" for `transfer_target`. */
const labelOf = (role: string): string =>
  role
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
