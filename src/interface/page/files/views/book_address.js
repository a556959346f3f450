// Where a place is booked: what is known of the wish stands in the address, so that one can come back to it.

/**
 * `said`: what is known already: start, end, customer, step, booking; and `date`, under which the start is listed: the
 * one before for what a window offers past midnight.
 */
export function bookAddress(resource, said = {}) {
  const known = Object.entries(said).filter(([, value]) => value !== null && value !== undefined);
  return `/find/${encodeURIComponent(resource)}${known.length ? `?${new URLSearchParams(known)}` : ""}`;
}
