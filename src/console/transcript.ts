import { html } from 'hono/html';
import type { CallSession } from '../http/resources.ts';
import { type Html, nothing } from './parts.ts';

/** A turn begins with who speaks; a line without is more of the one before. */
const TURN = /^(Agent|User|Customer|Caller|Assistant|Human|Bot|Transfer Target)\s*:\s*/i;
const AGENT = /^(agent|assistant|bot)$/i;

type Turn = { readonly speaker: string; text: string };

/** What was said, as one turn after the other. */
export function turnsOf(transcript: string): readonly Turn[] {
  const turns: Turn[] = [];
  for (const line of transcript.split('\n')) {
    const speaker = TURN.exec(line)?.[1];
    if (speaker !== undefined) turns.push({ speaker, text: line.replace(TURN, '') });
    else if (turns.length > 0) turns.at(-1)!.text += `\n${line}`;
    else if (line.trim() !== '') turns.push({ speaker: '', text: line });
  }
  return turns;
}

/** The transcript of a call as a conversation. */
export const conversation = (transcript: string): Html =>
  html`<section aria-labelledby="said"><h2 id="said">What was said</h2><ol class="talk">${turnsOf(transcript).map(
    ({ speaker, text }) =>
      html`<li class="${AGENT.test(speaker) ? 'agent' : 'other'}">${speaker === '' ? '' : html`<span class="speaker">${speaker}</span> `}${text.trim()}</li>`,
  )}</ol></section>`;

/** What was said in a call, the summary first. */
export const wordsOf = ({ analysis, transcript }: CallSession): Html => html`
${analysis?.summary ? html`<blockquote>${analysis.summary}</blockquote>` : nothing}
${transcript ? html`<details><summary>The whole conversation</summary>${conversation(transcript)}</details>` : nothing}`;
