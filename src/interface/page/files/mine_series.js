// Giving up the rest of a series, from one of its bookings on.

import { post } from "./api.js";
import { path } from "./paths.js";

/**
 * Cancel a booking and all of its series that come after it. `body`: with a reason, or without. Answers the booking, as
 * `data`, and `done`, what has happened as a sentence. Raises what `post` does.
 */
export async function giveUp({ id, series }, body, key) {
  const { data } = await post(path`/v1/series/${series}/cancel`, { ...body, from: id }, { key });
  const { not_cancelled: standing } = data;
  const done = standing.length
    ? `Cancelled, but for ${standing.length} that cannot be any more. ${standing[0].detail}`
    : "Cancelled, with all of the series that come after it.";
  return { data: data.bookings.find((each) => each.id === id), done };
}
