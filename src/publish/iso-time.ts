const DAY_MS = 86_400_000;
const DAYS_FROM_YEAR_0_TO_1970 = 719_468; // counted from 1 March of year 0
const DAYS_IN_400_YEARS = 146_097;

/**
 * A time as ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` writes it.
 * Pure folders have no `Date`, whose reading of the clock would make a rendering depend on when
 * it is made; this is arithmetic alone.
 *
 * @param ms milliseconds since 1970, within the years 0 to 9999
 */
export function isoTime(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  const inDay = Math.floor(ms) - days * DAY_MS;
  const { year, month, day } = civilDate(days);
  const date = `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`;
  const hour = padded(Math.floor(inDay / 3_600_000), 2);
  const minute = padded(Math.floor(inDay / 60_000) % 60, 2);
  const second = padded(Math.floor(inDay / 1000) % 60, 2);
  return `${date}T${hour}:${minute}:${second}.${padded(inDay % 1000, 3)}Z`;
}

/**
 * Days since 1970 as a date. Years are counted from 1 March, so that the leap day is the last day
 * of its year and every month but February has a fixed place.
 */
function civilDate(days: number): { year: number; month: number; day: number } {
  const shifted = days + DAYS_FROM_YEAR_0_TO_1970;
  const era = Math.floor(shifted / DAYS_IN_400_YEARS);
  const dayOfEra = shifted - era * DAYS_IN_400_YEARS;
  const leapDays =
    Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const firstDay = 365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  const dayOfYear = dayOfEra - firstDay;
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  };
}

function padded(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
