// The first step of several places at once: what is needed, and on a day the starts at which all of it is free.

import { element } from "../dom.js";
import { field } from "../fields.js";
import { everything } from "../lists.js";
import { goingOn } from "../next_day.js";
import { go, readdress } from "../router.js";
import * as times from "../times.js";
import { askNowAndThen } from "../unattended.js";
import { LENGTHS, select } from "./find_filters.js";
import { startsOfDay } from "./joint_starts.js";
import { chooseNeeds } from "./together_needs.js";
import { jointAddress } from "./together_wish.js";

const ASKING = 8_000;
const SOON = 250; // milliseconds: while somebody types, nothing is asked

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
  const starts = startsOfDay({ asked, zone, chosen, signal });
  const goOn = goingOn(day, () => times.today(zone()));
  const look = () => (goOn() ? changed() : starts.look(day.value));
  place.append(needs.element, when, ...starts.elements);
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

  function chosen({ start, end, choice }) {
    const places = choice.map(({ resource: id }) => ({ id }));
    go(jointAddress(asked, { places, start, end, date: times.dateOf(start), customer, step: "details" }));
  }
}
