// One booking with its history, as it changes.

import { get } from "./api.js";
import { say } from "./changing.js";
import { element } from "./dom.js";
import { follow, lamp } from "./live.js";
import { bookingCard } from "./mine_booking.js";
import { history } from "./mine_history.js";
import { becameOf, isBad } from "./mine_words.js";
import { path } from "./paths.js";
import { askNowAndThen, unattended } from "./unattended.js";

const MINUTE = 60_000; // what one can do with it changes with time alone: once it has begun, say

/**
 * Fills `place`. `booking` and `position`: as `get` answered; `heading`; `back`: address and text of where one comes
 * from; `me`: the person that one is; `names`, `who`, `move`, `late` as for `bookingCard`.
 */
export async function oneBooking(place, about) {
  const { booking, position, heading, back, me, names, who, move, late, query, signal } = about;
  const said = element("p", { role: "status", class: "said" });
  const light = element("span", {});
  const past = element("div", {});
  const changed = (next, what) => unattended(tell(next, what), signal);
  const card = bookingCard(booking, { names, who, move, me, late, level: 2, changed, signal });
  const crumbs = element("a", { href: back[0] }, back[1]);
  place.append(
    element("nav", { class: "crumbs", "aria-label": "Where you are" }, crumbs),
    element("div", { class: "between" }, element("h1", { tabindex: "-1" }, heading), light),
    said,
    card.element,
    element("h2", {}, "History"),
    past,
  );
  await tell(booking, query.has("moved") && movedTo(booking));
  if (signal.aborted) return;
  const resources = [...new Set(booking.legs.map(({ resource }) => resource))];
  const stop = follow(resources, { after: position, state: lamp(light), booking: heard, reset: afresh });
  const stopAsking = askNowAndThen(again, MINUTE);
  signal.addEventListener("abort", () => {
    stop();
    stopAsking();
  });

  async function again() {
    const { data } = await get(path`/v1/bookings/${booking.id}`, { signal });
    if (data.version === card.booking.version) card.update(data);
    heard(data);
  }

  // Another log, perhaps: an older version holds there, or none.
  async function afresh() {
    const { data } = await get(path`/v1/bookings/${booking.id}`, { signal }).catch((error) => {
      if (error.code !== "unknown-booking") throw error;
      return {};
    });
    if (data) {
      card.forget();
      taken(data);
    } else {
      say(said, "The service has no such booking any more.", true);
      card.element.remove();
      past.replaceChildren();
    }
  }

  function heard(next) {
    if (next.id === booking.id && next.version > card.booking.version) taken(next);
  }

  function taken(next) {
    const was = card.booking;
    card.update(next);
    const isMoved = JSON.stringify(was.legs) !== JSON.stringify(next.legs);
    const what = isMoved ? movedTo(next) : was.status !== next.status && becameOf(next);
    unattended(tell(next, what, !isMoved && isBad(next)), signal);
  }

  async function tell(next, what, isNotGood = false) {
    if (what) say(said, what, isNotGood);
    const made = await history(next, { me, signal });
    if (next.version === card.booking.version) past.replaceChildren(made); // else it has gone on meanwhile
  }
}

const movedTo = ({ status }) => (status === "pending" ? "Moved. It waits for approval again." : "Moved.");
