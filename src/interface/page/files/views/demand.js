// Demand: how much of a place was taken, when people were turned away, and how that went on from day to day.

import { get } from "../api.js";
import { demandForm } from "../demand_form.js";
import { inSum } from "../demand_numbers.js";
import { picture } from "../demand_picture.js";
import { byDate, byHour } from "../demand_tables.js";
import { element } from "../dom.js";
import { everything } from "../lists.js";
import { go } from "../router.js";
import { styled } from "../styles.js";
import * as times from "../times.js";

const WEEKS = 4;

export async function show(place, { query, signal, title }) {
  const progress = element("p", { class: "soft", role: "status" }, "Loading …");
  const desk = element("a", { href: "/desk" }, "Desk");
  place.append(element("p", {}, desk), element("h1", { tabindex: "-1" }, "Demand"), progress);
  const [places] = await Promise.all([ownPlaces(signal), styled("demand.css")]);
  if (!places.length) {
    progress.textContent = "There is no place yet whose desk is yours.";
    return;
  }
  const shown = places.find(({ id }) => id === query.get("resource")) ?? places[0];
  const weeks = Math.min(52, Math.max(1, Math.trunc(Number(query.get("weeks"))) || WEEKS));
  const to = times.isDate(query.get("to")) ? query.get("to") : times.today(shown.timezone);
  const from = times.later(to, 1 - 7 * weeks);
  title(`Demand: ${shown.name}`);
  const chosen = (next) => go(`/demand?${new URLSearchParams(next)}`);
  progress.before(demandForm({ places, shown, weeks, to, chosen }));
  const asked = (rest) => `/v1/demand?${new URLSearchParams({ resource: shown.id, from, to, ...rest })}`;
  const [hours, dates, map, curves] = await Promise.all([
    get(asked({ by: "hour" }), { signal }),
    get(asked({ by: "date" }), { signal }),
    picture(asked({ by: "hour", format: "svg" }), signal),
    picture(asked({ by: "date", format: "svg" }), signal),
  ]);
  if (signal.aborted) return;
  progress.replaceWith(
    element("h2", {}, shown.name),
    element("p", { class: "soft" }, `${times.shortDate(from)} to ${times.shortDate(to)}, by the clock of the place.`),
    ...inSum(dates.data),
    part("Which hours are full", map, byHour(hours.data.items), asked({ by: "hour", format: "csv" })),
    part("Day by day", curves, byDate(dates.data.items), asked({ by: "date", format: "csv" })),
    offered(shown.id, from, to, signal),
  );
}

// What other hours would have done: loaded by whoever asks.
function offered(resource, from, to, signal) {
  const open = element("button", { type: "button" }, "What if it had been otherwise?");
  const said = element("span", { role: "status" });
  const made = element("div", { class: "what-if" }, element("p", {}, open, " ", said));
  open.addEventListener("click", async () => {
    open.disabled = true;
    const { whatIf } = await import("../demand_whatif.js").catch(() => ({}));
    if (!whatIf) {
      open.disabled = false;
      said.textContent = "That did not load. Please try again.";
      return;
    }
    const form = whatIf(resource, from, to, { signal });
    made.replaceChildren(form);
    form.querySelector("h2").focus();
  });
  return made;
}

// A picture, and the same in words for those who do not see it or want the numbers.
function part(heading, drawn, table, csv) {
  const across = { class: "wide", role: "region", "aria-label": heading, tabindex: "0" };
  const numbers = { class: "wide", role: "region", "aria-label": `${heading}, as a table`, tabindex: "0" };
  return element(
    "section",
    { class: "demand-part" },
    element("h2", {}, heading),
    element("div", across, drawn),
    element("details", {}, element("summary", {}, "As a table"), element("div", numbers, table)),
    element("p", {}, element("a", { href: csv, download: true }, `${heading}, as CSV`)),
  );
}

async function ownPlaces(signal) {
  const [{ data: me }, { items }] = await Promise.all([
    get("/v1/me", { signal }),
    everything("/v1/resources?", signal),
  ]);
  const covers = ({ id, kind }) => me.resources.includes(id) || me.resources.includes(`kind:${kind}`);
  return items.filter((each) => me.resources === null || covers(each));
}
