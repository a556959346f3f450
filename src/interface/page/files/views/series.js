// A series: which of its dates are booked, how each stands, and which were left out.

import { get } from "../api.js";
import { write } from "../changing.js";
import { element } from "../dom.js";
import { namesOf, resourcesOf } from "../mine_list.js";
import { badge, isActive } from "../mine_words.js";
import { path } from "../paths.js";
import { roles } from "../session.js";
import * as times from "../times.js";
import { askNowAndThen } from "../unattended.js";
import { listed } from "../words.js";
import { bookAddress } from "./book_address.js";
import { leftOut } from "./series_dates.js";

const ASKING = 8_000;

export async function show(place, { query, signal, title }) {
  const progress = element("p", { class: "soft", role: "status" }, "Loading …");
  place.append(progress);
  const id = query.get("series");
  const customer = query.get("customer") ?? undefined;
  let { data } = await get(path`/v1/series/${id}`, { signal });
  const ids = resourcesOf(data.bookings);
  const names = await namesOf(ids, signal);
  if (signal.aborted) return;
  const name = listed(ids.map((each) => names.get(each))) || "A series";
  title(`Series · ${name}`);
  const heading = element("h1", { tabindex: "-1" }, name);
  const state = element("p", { role: "status" });
  const dates = element("ol", { class: "rows" });
  const missing = data.skipped.length ? [element("h2", {}, "Left out"), leftOut(data.skipped)] : [];
  progress.replaceWith(heading, state, element("h2", {}, "Dates"), dates, ...missing, next());
  draw();
  heading.focus();
  signal.addEventListener("abort", askNowAndThen(look, ASKING));

  async function look() {
    const answer = await get(path`/v1/series/${id}`, { signal });
    if (JSON.stringify(answer.data.bookings) === JSON.stringify(data.bookings)) return;
    ({ data } = answer);
    draw();
  }

  function draw() {
    const { bookings, skipped } = data;
    const all = bookings.length + skipped.length;
    const standing = bookings.filter(isActive).length;
    const over = bookings.length - standing;
    const said = [
      `${standing} of ${all} dates ${standing === 1 ? "is" : "are"} booked.`,
      skipped.length && `${skipped.length} ${skipped.length === 1 ? "was" : "were"} left out.`,
      over && `${over} ${over === 1 ? "is" : "are"} over or given up.`,
    ];
    write(state, said.filter(Boolean).join(" "));
    const at = dates.contains(document.activeElement) && document.activeElement.getAttribute("href");
    dates.replaceChildren(...bookings.map(row));
    if (at) dates.querySelector(`[href="${at}"]`)?.focus();
  }

  function row(booking) {
    const [leg] = booking.legs;
    const when = times.when(leg.start, leg.end, leg.timezone);
    const isMine = roles.has("customer") && !customer;
    return element("li", {}, isMine ? element("a", { href: `/mine/${booking.id}` }, when) : when, badge(booking));
  }

  function next() {
    const isOne = ids.length === 1;
    const [to, text] = customer ? ["/desk", "To the desk"] : ["/mine", "See my bookings"];
    return element(
      "p",
      { class: "actions more" },
      element("a", { class: "button main", href: to }, text),
      isOne && element("a", { class: "button", href: bookAddress(ids[0], { customer }) }, "Book another time"),
    );
  }
}
