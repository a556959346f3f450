// The starts of a day at which all that is needed at once is free, as buttons; where there is none, the next ones.

import { write } from "../changing.js";
import { instantsOf } from "../clocks.js";
import { element } from "../dom.js";
import { refusal } from "../refusals.js";
import { walking } from "../slots_keys.js";
import * as times from "../times.js";
import { listed } from "../words.js";
import { jointStarts } from "./together_wish.js";

const MOST = 100; // starts of a day; by the quarter of an hour it has 96
const OFFERED = 5;
const AHEAD = 28; // days in which the next starts are looked for

/**
 * `asked`: `{needs, minutes, people}`, which may change; `zone()`: by whose clock times are told;
 * `chosen({start, end, choice})`. Answers `{elements, look(date)}`; to look again at what is shown changes what is
 * other than before, and nothing else.
 */
export function startsOfDay({ asked, zone, chosen, signal }) {
  const heading = element("h2", { class: "date", tabindex: "-1", ...times.spoken });
  const said = element("p", { class: "soft", role: "status" });
  const buttons = () => [...list.querySelectorAll("button")];
  const list = element("ul", { class: "slots", "aria-label": "Times", onkeydown: walking(buttons) });
  const next = element("div", {});
  let turn = 0;
  let looked = null; // of what the list is
  let shown = null; // what it shows: that it is left alone while it says the same
  return { elements: [heading, said, list, next], look };

  async function look(date) {
    const mine = ++turn;
    const isDay = times.isDate(date);
    const of = JSON.stringify([date, asked]);
    const isOther = of !== looked;
    looked = of;
    write(heading, isDay ? times.longDate(date) : "");
    if (!isDay || !asked.needs.length) {
      return show([], isDay ? "Say what you need, and the times at which it is free are here." : "Say on which day.");
    }
    if (isOther) show([], "Looking for times …"); // what was shown is of another day, or not of what is asked
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
    const wasOffered = next.contains(document.activeElement);
    list.replaceChildren(...found.map((each) => element("li", {}, startButton(each))));
    const first = list.querySelector("button");
    const again = focused && (list.querySelector(`[data-start="${focused}"]`) ?? first);
    if (first) (again || first).tabIndex = 0;
    if (focused) (again || heading).focus();
    const problem = { message: "", facts: { title: "The next times are on other days" } };
    const offers = later.length && refusal(problem, { zone: zone(), offer: offered, alternatives: later });
    next.replaceChildren(offers || "");
    if (wasOffered) (next.querySelector("button") ?? first ?? heading).focus();
  }

  // Whoever comes back from it finds it as it was.
  function offered(each) {
    chosen(each);
    for (const made of next.querySelectorAll("button")) made.disabled = false;
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
}
