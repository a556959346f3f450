// The clocks of a zone: how far they are from UTC, when they change, and at which instant they say what.

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

/** Minutes since midnight of `08:30`. */
export const wall = (text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

const made = new Map(); // making one takes long, and the desk asks of every booking

function format(zone) {
  if (!made.has(zone)) {
    made.set(zone, new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" }));
  }
  return made.get(zone);
}

/** How far a zone's clock is from UTC at an instant, as `+02:00`. */
export function offsetAt(instant, zone) {
  const parts = format(zone).formatToParts(instant);
  return parts.find(({ type }) => type === "timeZoneName").value.slice(3) || "+00:00";
}

// The same in milliseconds.
function ahead(instant, zone) {
  const offset = offsetAt(instant, zone);
  return Number(`${offset[0]}1`) * wall(offset.slice(1)) * MINUTE;
}

/** What the clock of a zone says at an instant, as `2026-12-01T10:00`. */
export const saysAt = (instant, zone) => new Date(instant + ahead(instant, zone)).toISOString().slice(0, 16);

/**
 * The instants (milliseconds since 1970) at which the clock of a zone says `2026-12-01T10:00`: one; two, the earlier
 * first, where it is put back over that time; none where it is put forward over it.
 */
export function instantsOf(text, zone) {
  const utc = Date.parse(`${text}Z`);
  const likely = new Set([utc - DAY, utc + DAY].map((near) => utc - ahead(near, zone)));
  return [...likely].filter((at) => at + ahead(at, zone) === utc).sort((one, other) => one - other);
}

/** Whether the clocks of a zone change on a date. */
export function isChangeOfClocks(date, zone) {
  const utc = Date.parse(`${date}T00:00Z`);
  const [first, last] = [utc, utc + DAY].map((at) => offsetAt(at - ahead(at, zone), zone));
  return first !== last;
}
