type Positioned = { setCommitPosition(value: string): unknown; setPreparePosition(value: string): unknown };

/** Fills in a position; here commit and prepare are always the same. */
export function placed<Message extends Positioned>(message: Message, position: number): Message {
  message.setCommitPosition(`${position}`);
  message.setPreparePosition(`${position}`);
  return message;
}
