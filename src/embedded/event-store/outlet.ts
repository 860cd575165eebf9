import type streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerWritableStream, ServiceError } from '@grpc/grpc-js';

export type ReadCall = ServerWritableStream<streams.ReadReq, Uint8Array>;

/** The answer side of a call, written to at the pace at which its client reads. */
export function outlet(call: ReadCall) {
  let rung = false;
  let wake: (() => void) | undefined;
  function ring(): void {
    rung = true;
    wake?.();
  }
  call.on('drain', ring);
  call.on('cancelled', ring);
  call.on('close', ring);

  return {
    write: (message: Uint8Array): void => void call.write(message),
    end: (): void => void call.end(),
    /** What was written before still arrives first. */
    fail: (error: Partial<ServiceError>): void => void call.emit('error', error),
    /** More would only pile up here. */
    full: (): boolean => call.writableNeedDrain,
    closed: (): boolean => call.cancelled || call.destroyed,
    ring,
    /** Until `ring`, a drained buffer or the end of the call. None is missed that came since the last time. */
    async change(): Promise<void> {
      if (!rung)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      wake = undefined;
      rung = false;
    },
  };
}

export type Outlet = ReturnType<typeof outlet>;
