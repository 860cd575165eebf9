import { asRead } from '../as-of/as-read.ts';
import { type Parts, sessionsOf } from '../as-of/sessions.ts';
import type { CallSessionRow } from '../tables.ts';
import { rowOf, sessions } from '../views/call-sessions.ts';
import type { Description } from './description.ts';

/** A session as the read model would hold it, had it heard of nothing but these; undefined: it was not known. */
export function sessionAsOf(id: string, parts: Parts<Description>): CallSessionRow | undefined {
  const [session] = sessionsOf([id], parts);
  return session && (asRead(sessions, rowOf(session)) as CallSessionRow);
}
