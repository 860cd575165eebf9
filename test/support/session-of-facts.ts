import type { Fact } from '../../src/events/codec.ts';
import { wholeFacts } from '../../src/events/personal-text.ts';
import {
  noFactsYet,
  type SessionDocument,
  sessionDocument,
  sessionOf,
  withFact,
} from '../../src/model/session-document.ts';

/** The session of these facts; undefined without any. */
export function sessionFromFacts(
  tenantId: string,
  sessionId: string,
  facts: readonly Fact[],
): SessionDocument | undefined {
  const session = sessionOf([...wholeFacts(facts)].reduce(withFact, noFactsYet(tenantId, sessionId)));
  return session && sessionDocument(session);
}
