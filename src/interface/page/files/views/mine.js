// Mine: what one has booked, what becomes of it, and what one can still do about it.

import { get } from "../api.js";
import { addressOf, allBookings, namesOf, resourcesOf } from "../mine_list.js";
import { oneBooking } from "../mine_one.js";
import { LATE } from "../mine_words.js";
import { path } from "../paths.js";

export async function show(place, context) {
  const [, , id, what] = context.path.split("/");
  if (id && what === "move") {
    const { move } = await import("../mine_move.js"); // few move: it is loaded for those
    return move(place, { ...context, id, back: addressOf });
  }
  return id ? one(place, { ...context, id }) : allBookings(place, context);
}

async function one(place, { id, query, signal, title }) {
  const { data: booking, position } = await get(path`/v1/bookings/${id}`, { signal });
  const [{ data: me }, names] = await Promise.all([
    get("/v1/me", { signal }),
    namesOf(resourcesOf([booking]), signal),
  ]);
  title(names.get(booking.legs[0].resource));
  await oneBooking(place, {
    booking,
    position,
    heading: "Your booking",
    back: ["/mine", "My bookings"],
    me: me.customer,
    names,
    late: LATE,
    move: () => `${addressOf(id)}/move`,
    query,
    signal,
  });
}
