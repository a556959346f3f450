// Paths of the API, of what stands in the page's own addresses: anybody may have written those.

import { Problem } from "./api.js";

const ID = /^[A-Za-z0-9-]{1,64}$/; // as all ids of the API and its dates are

/**
 * path`/v1/bookings/${id}/events`: each value is one segment, and never leads to another route. What can be no id names
 * nothing: raises the Problem that the service would answer with, and nothing is asked.
 */
export function path(parts, ...ids) {
  if (!ids.every((id) => ID.test(id))) {
    throw new Problem(404, { code: "not-found", detail: "There is nothing of that name." });
  }
  return String.raw({ raw: parts }, ...ids);
}
