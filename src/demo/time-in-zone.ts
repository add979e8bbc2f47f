/** A moment as clocks in a zone show it. */
export interface ZoneTime {
  /** The zone's name as the runtime knows it. */
  readonly zone: string;
  /** `2026-11-21T09:30:00`, local to the zone. */
  readonly local: string;
  readonly weekday: string;
  /** Difference to UTC: `GMT+09:00`, or `GMT` for none. */
  readonly offset: string;
}

/**
 * The time in an IANA zone such as `Europe/Berlin`; null when there is no such zone.
 * @param at milliseconds since 1970
 */
export function timeInZone(zone: string, at: number): ZoneTime | null {
  const format = formatFor(zone);
  if (format === null) return null;
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  const date = `${part('year')}-${part('month')}-${part('day')}`;
  return {
    zone: format.resolvedOptions().timeZone,
    local: `${date}T${part('hour')}:${part('minute')}:${part('second')}`,
    weekday: part('weekday'),
    offset: part('timeZoneName'),
  };
}

function formatFor(zone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
      weekday: 'long',
      timeZoneName: 'longOffset',
    });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
