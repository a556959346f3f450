// Desk: what waits for approval.

import { get } from "../api.js";
import { bookings } from "./bookings.js";
import { element } from "../dom.js";

export async function show(place, { signal }) {
  place.append(element("h1", {}, "Desk"));
  const { data } = await get("/v1/bookings?status=pending&limit=100", { signal });
  place.append(bookings(data.items, "Nothing waits for approval."));
}
