import type { Problem } from './schema.ts';

/** What the service refuses, as RFC 9457 has it. Go by `code`, which is stable; texts are for people. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;
  readonly code: string;
  /** Of a 400: what is wrong with each field. */
  readonly errors: NonNullable<Problem['errors']>;
  /** The answer's `x-request-id`, which each line that the service logged of it has, too. */
  readonly requestId: string | undefined;
  /** When it may be tried again, where the service says so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(request: string, { status, headers }: Response, problem: Partial<Problem>) {
    const { code = 'not_a_problem', detail, title, errors = [] } = problem;
    super(
      `${request}: ${status} ${code}: ${detail ?? title ?? 'no Call Ledger, or something before it, has answered'}`,
    );
    this.status = status;
    this.code = code;
    this.errors = errors;
    this.requestId = headers.get('x-request-id') ?? undefined;
    const seconds = Number(headers.get('retry-after') ?? Number.NaN);
    this.retryAfterSeconds = Number.isFinite(seconds) ? seconds : undefined;
  }

  static async of(request: string, response: Response): Promise<ProblemError> {
    const text = await response.text().catch(() => '');
    const isProblem = /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '');
    try {
      return new ProblemError(request, response, isProblem ? JSON.parse(text) : {});
    } catch {
      return new ProblemError(request, response, {});
    }
  }
}
