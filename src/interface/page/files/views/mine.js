// Mine: what one has booked.

import { get } from "../api.js";
import { bookings } from "./bookings.js";
import { element } from "../dom.js";

export async function show(place, { signal }) {
  place.append(element("h1", {}, "My bookings"));
  const me = await get("/v1/me", { signal });
  const { data } = await get(`/v1/bookings?customer=${me.data.customer}&limit=100`, { signal });
  place.append(bookings(data.items, "You have not booked anything yet."));
}
