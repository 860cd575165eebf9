import type { CallState } from '../../model/call.ts';
import { type Outcome, outcomes, type Verdict } from '../../model/outcome.ts';
import type { Supported } from '../../model/supported.ts';

/** The strongest outcome that is supported, with its reason. */
export function strongest(supported: Supported): Verdict | undefined {
  const status = outcomes.findLast((outcome: Outcome) => supported[outcome] !== undefined);
  return status && { status, reason: supported[status]! };
}

/** The outcome of a call (docs/rules.md, "Outcome of a call"). It can only rise as facts are added. */
export function statusOf(call: CallState, concernsAppointment: boolean): Verdict {
  const supported = strongest(call.supported);
  if (supported) return supported;
  if (!call.ended) return { status: 'pending', reason: 'in_progress' };
  if (!call.analysed) return { status: 'pending', reason: 'analysis_missing' };
  return concernsAppointment ? { status: 'failed', reason: 'undecided' } : { status: 'answered', reason: 'answered' };
}
