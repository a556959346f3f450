// The first step of several places at once: what is needed, and on a day the starts at which all of it is free.

import { instantsOf } from "../clocks.js";
import { write } from "../changing.js";
import { element } from "../dom.js";
import { field } from "../fields.js";
import { everything } from "../lists.js";
import { refusal } from "../refusals.js";
import { go, readdress } from "../router.js";
import { walking } from "../slots_keys.js";
import * as times from "../times.js";
import { askNowAndThen } from "../unattended.js";
import { listed } from "../words.js";
import { LENGTHS, select } from "./find_filters.js";
import { chooseNeeds } from "./together_needs.js";
import { jointAddress, jointStarts } from "./together_wish.js";

const ASKING = 8_000;
const MOST = 100; // starts of a day; by the quarter of an hour it has 96
const OFFERED = 5;
const SOON = 250; // milliseconds: while somebody types, nothing is asked
const AHEAD = 28; // days in which the next starts are looked for

/** Fills `place`. `wish`: as far as it is known. Stops with the signal. */
export async function chooseStart(place, { wish, signal }) {
  const { asked, customer } = wish;
  const { items: all } = await everything("/v1/resources?", signal);
  if (signal.aborted) return;
  const needs = chooseNeeds(all, asked.needs, () => changed());
  const day = element("input", { type: "date", name: "date", required: true });
  const lengths = LENGTHS.map((each) => [each, times.length(each)]);
  const length = select("minutes", [["", "Shortest length"], ...lengths], asked.minutes || "");
  const people = element("input", { type: "number", name: "people", min: 1, max: 10_000, inputmode: "numeric" });
  people.placeholder = "1";
  people.value = asked.people || "";
  day.value = wish.date ?? times.today(zone());
  const listens = { class: "filters", oninput: soon, onsubmit: (event) => event.preventDefault() };
  const when = element("form", listens, field("On", day), field("For", length), field("People", people));
  const heading = element("h2", { class: "date", tabindex: "-1", ...times.spoken });
  const said = element("p", { class: "soft", role: "status" });
  const buttons = () => [...list.querySelectorAll("button")];
  const list = element("ul", { class: "slots", "aria-label": "Times", onkeydown: walking(buttons) });
  const next = element("div", {});
  place.append(needs.element, when, heading, said, list, next);
  let turn = 0;
  let shown = null; // what the list shows: that it is left alone while it says the same
  let waiting;
  signal.addEventListener("abort", askNowAndThen(look, ASKING));
  signal.addEventListener("abort", () => clearTimeout(waiting));
  await changed();

  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(changed, SOON);
  }

  // Times are those of what was named first: of places of a kind in several zones, one's own if it is among them.
  function zone() {
    const [name, value] = (needs.said()[0] ?? "").split(";")[0].split(":");
    const zones = all.filter((each) => each[name] === value).map(({ timezone }) => timezone);
    return zones.length && !zones.includes(times.ownZone) ? zones[0] : times.ownZone;
  }

  function changed() {
    const numbers = { minutes: Number(length.value), people: Number(people.value) };
    Object.assign(asked, { needs: needs.said(), ...numbers });
    readdress(jointAddress(asked, { date: day.value, customer }));
    return look();
  }

  async function look() {
    const mine = ++turn;
    const date = day.value;
    const isDay = times.isDate(date);
    write(heading, isDay ? times.longDate(date) : "");
    if (!isDay || !asked.needs.length) {
      return show([], isDay ? "Say what you need, and the times at which it is free are here." : "Say on which day.");
    }
    if (shown === null) write(said, "Looking for times …");
    const [from, to, until] = [0, 1, AHEAD].map((days) => midnight(times.later(date, days)));
    const how = { zone: zone(), signal };
    try {
      const found = await jointStarts(asked, { from, to, limit: MOST, ...how });
      const later = found.length ? [] : await jointStarts(asked, { from: to, to: until, limit: OFFERED, ...how });
      if (mine === turn && !signal.aborted) show(found, sentence(found), later);
    } catch (error) {
      if (mine === turn && !signal.aborted) show([], error.message);
    }
    return undefined;
  }

  function midnight(date) {
    return instantsOf(`${date}T00:00`, zone())[0] ?? instantsOf(`${date}T01:00`, zone())[0];
  }

  function sentence(found) {
    if (!found.length) return "There is no time on this day at which all of it is free.";
    const count = `${found.length} ${found.length === 1 ? "time" : "times"} at which all of it is free.`;
    return `${count} Times are those of ${times.placeOf(zone())}.`;
  }

  function show(found, text, later = []) {
    write(said, text);
    const sign = JSON.stringify([found, later]);
    if (sign === shown) return;
    shown = sign;
    const focused = list.contains(document.activeElement) && document.activeElement.dataset.start;
    list.replaceChildren(...found.map((each) => element("li", {}, startButton(each))));
    const first = list.querySelector("button");
    const again = focused && (list.querySelector(`[data-start="${focused}"]`) ?? first);
    if (first) (again || first).tabIndex = 0;
    if (focused) (again || heading).focus();
    const problem = { message: "", facts: { title: "The next times are on other days" } };
    const offers = later.length && refusal(problem, { zone: zone(), offer: chosen, alternatives: later });
    next.replaceChildren(offers || "");
  }

  function startButton(each) {
    const { start, end, choice } = each;
    const timezone = zone();
    const own = times.yours(start, start, timezone);
    const facts = { "data-status": "available", "data-start": start };
    return element(
      "button",
      { type: "button", class: "slot", tabindex: "-1", ...facts, onclick: () => chosen(each) },
      element("strong", times.spoken, times.clock(start, timezone)),
      element("span", { class: "unseen" }, ` to ${times.clock(end, timezone)}, `),
      own && element("span", { class: "soft own-time" }, own),
      element("span", { class: "hint" }, found(choice)),
    );
  }

  // What is named already says nothing new.
  function found(choice) {
    const named = choice.filter((_, number) => !asked.needs[number]?.startsWith("id:"));
    return named.length ? listed(named.map(({ name }) => name)) : "all free";
  }

  function chosen({ start, end, choice }) {
    const places = choice.map(({ resource: id }) => ({ id }));
    go(jointAddress(asked, { places, start, end, date: times.dateOf(start), customer, step: "details" }));
  }
}
