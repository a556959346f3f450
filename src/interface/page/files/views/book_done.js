// After the third step: what was booked, and what comes next. What waits is followed until the desk has decided.

import { get } from "../api.js";
import { write } from "../changing.js";
import { element } from "../dom.js";
import { follow, lamp } from "../live.js";
import { path } from "../paths.js";
import * as times from "../times.js";
import { settled } from "./book_hold.js";
import { summary } from "./book_summary.js";

const SAYS = {
  held: ["Not booked yet", "The time is set aside, and not confirmed."],
  confirmed: ["Booked", "This is yours."],
  pending: ["Waiting for approval", "The time is kept for you. The desk decides; this page says so when it has."],
  rejected: ["Not approved", "The desk has turned this down."],
  cancelled: ["Cancelled", "This booking was given back."],
  revoked: ["Taken back", "The desk had to take this booking back."],
  expired: ["Run out", "The time was not confirmed while it was set aside."],
  completed: ["Done", "This has taken place."],
  no_show: ["Missed", "Nobody came."],
};

// What staff read of it who booked for somebody.
const OF_ANOTHER = {
  confirmed: (whom) => `This is booked for ${whom}.`,
  pending: (whom) => `The time is kept for ${whom}. The desk decides; this page says so when it has.`,
};

export async function done(place, { wish, signal }) {
  const { places, customer, whom } = wish;
  const heading = element("h2", { tabindex: "-1" });
  const state = element("p", { role: "status" });
  const light = element("span", {});
  const body = element("div", {});
  let last = null;
  place.append(element("div", { class: "between" }, heading, light), state, body);
  const after = await load();
  if (signal.aborted) return;
  heading.focus();
  const booking = (told) => told.id === wish.booking && show(told);
  const ids = places.map(({ id }) => id);
  const stop = follow(ids, { after, booking, reset: afresh, state: lamp(light) });
  signal.addEventListener("abort", stop);

  async function load() {
    const { data, position } = await get(path`/v1/bookings/${wish.booking}`, { signal });
    show(data);
    return position;
  }

  // Another log, perhaps: an older version holds there, or none.
  async function afresh() {
    last = null;
    await load().catch((error) => {
      if (error.code !== "unknown-booking") throw error;
      write(heading, "Not known any more");
      write(state, "The service has no such booking now. Look at your bookings, and book again.");
      body.replaceChildren();
    });
  }

  function show(booking) {
    if (last && booking.version < last.version) return;
    last = booking;
    if (booking.status !== "held") settled(booking.id);
    const of = whom && OF_ANOTHER[booking.status];
    const [title, text] = of ? [SAYS[booking.status][0], of(whom)] : (SAYS[booking.status] ?? [booking.status, ""]);
    write(heading, title);
    write(state, booking.reason?.text ? `${text} “${booking.reason.text}”` : text);
    place.dataset.status = booking.status;
    const had = body.contains(document.activeElement) && document.activeElement.textContent;
    body.replaceChildren(summary(booking, places, booking.details), next(booking));
    if (had) ([...body.querySelectorAll("a")].find((each) => each.textContent === had) ?? heading).focus();
  }

  function next({ id, status, legs: [leg] }) {
    const [to, name] = customer ? ["/desk", "To the desk"] : ["/mine", "See my bookings"];
    const another = wish.address({ date: wish.date ?? times.dateOf(leg.start), customer });
    const isTheirs = !customer && ["pending", "confirmed"].includes(status);
    return element(
      "p",
      { class: "actions" },
      element("a", { class: "button main", href: to }, name),
      isTheirs && element("a", { class: "button", href: path`/v1/bookings/${id}.ics` }, "Add to calendar"),
      element("a", { class: "button", href: another }, "Book another time"),
      element("a", { class: "button", href: "/find" }, "Find another place"),
    );
  }
}
