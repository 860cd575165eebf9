const formats = new Map<string, Intl.DateTimeFormat>();

function format(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(timeZone, made);
  return made;
}

/** How far a zone's clocks are ahead of UTC at an instant, in milliseconds. */
function offsetAt(instant: number, timeZone: string): number {
  const part: Record<string, string> = {};
  for (const { type, value } of format(timeZone).formatToParts(instant)) part[type] = value;
  const { year, month, day, hour, minute, second } = part;
  const shown = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  return shown - Math.floor(instant / 1000) * 1000;
}

const DAY = 86_400_000;

/**
 * The instant at which clocks in a zone show a local time, which is given as if it were UTC. Undefined where there is
 * not exactly one: in the hour that is skipped in spring, and in the one that comes twice in autumn. Neither is guessed.
 */
export function instantOfLocal(asUtc: number, timeZone: string): number | undefined {
  try {
    const offsets = new Set([offsetAt(asUtc - DAY, timeZone), offsetAt(asUtc + DAY, timeZone)]);
    const instants = [...offsets].map((offset) => asUtc - offset).filter((at) => offsetAt(at, timeZone) === asUtc - at);
    return instants.length === 1 ? instants[0] : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // no zone of that name
    throw error;
  }
}
