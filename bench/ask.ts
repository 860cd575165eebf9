import autocannon from 'autocannon';

export type Asked = {
  readonly answered: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly failed: number;
};

/** GETs over so many connections for so many seconds; each request asks for the next of the paths. */
export async function ask(
  url: string,
  paths: () => string,
  key: string | undefined,
  connections: number,
  seconds: number,
): Promise<Asked> {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    requests: [{ method: 'GET', setupRequest: (request) => ({ ...request, path: paths(), headers }) }],
  });
  const { p50, p99 } = result.latency;
  const answered = result['2xx'];
  return { answered, perSecond: answered / result.duration, p50, p99, failed: result.non2xx + result.errors };
}
