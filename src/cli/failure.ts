type Details = {
  /** What the person can do about it. */
  readonly remedy?: string | undefined;
  /** The service's stable word for it. */
  readonly code?: string;
  readonly status?: number;
};

/** Why a command ends: 1, the answer is no; 2, it was not carried out. The message holds no secret. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: 1 | 2;
  readonly details: Details;
  constructor(exitCode: 1 | 2, message: string, details: Details = {}) {
    super(message);
    this.exitCode = exitCode;
    this.details = details;
  }
}
