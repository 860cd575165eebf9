import { traceWith } from './events/tracing.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** By OpenTelemetry's own variables: somebody has said where spans go, and has not turned them off. */
const isWanted = (env: Environment): boolean =>
  env.OTEL_SDK_DISABLED?.toLowerCase() !== 'true' &&
  env.OTEL_TRACES_EXPORTER !== 'none' &&
  Boolean(env.OTEL_TRACES_EXPORTER || env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);

/**
 * Traces from webhook to row, if the environment says where to (docs/tracing.md). The SDK is loaded only then, and
 * reads its variables itself. Answers what stops it and sends what is left.
 */
export async function startTracing(env: Environment, version: string): Promise<() => Promise<void>> {
  if (!isWanted(env)) return async () => {};
  const [{ NodeSDK }, { trace }] = await Promise.all([import('@opentelemetry/sdk-node'), import('@opentelemetry/api')]);
  const sdk = new NodeSDK({
    serviceName: env.OTEL_SERVICE_NAME || 'call-ledger',
    metricReaders: [], // /metrics has them
    logRecordProcessors: [],
  });
  sdk.start();
  traceWith(trace.getTracer('call-ledger', version));
  return async () => {
    traceWith(undefined);
    await sdk.shutdown();
  };
}
