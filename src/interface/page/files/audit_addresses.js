// Where one looks back: addresses of the log as it is filtered, and of days at their versions.

const FILTERS = ["by", "resource", "booking", "command", "from", "to", "after", "order", "refusals"];

/** The log with these filters; those without a value are left out. */
export function logAddress(filters) {
  const asked = new URLSearchParams(FILTERS.filter((name) => filters[name]).map((name) => [name, filters[name]]));
  return `/audit${asked.size ? `?${asked}` : ""}`;
}

/** The filters that an address has. */
export const filtersOf = (query) => Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ""]));

/** A day; at a version, or as it was at a time or a position (`as_of`). */
export function dayAddress(resource, date, asked = {}) {
  const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== null && value !== undefined));
  return `/audit/days/${resource}/${date}${query.size ? `?${query}` : ""}`;
}

/** What a command wrote, and whether it was refused before. */
export const commandAddress = (command) => logAddress({ command, order: "oldest" });

/** What a booking went through, since an event if one is named. */
export const courseAddress = (booking, after = "") => logAddress({ booking, after, order: "oldest" });
