// One event or refusal: what happened, by whom and when, and from there to all that belongs to it.

import { commandAddress, courseAddress, dayAddress, logAddress } from "./audit_addresses.js";
import { WITH_DATE, about, askedFor, exact, factsOf, roleOf, short, timeOf, titleOf } from "./audit_words.js";
import { why, wishOf } from "./audit_words.js";
import { element } from "./dom.js";
import * as times from "./times.js";

/** By which entries are told apart, also when they are asked for twice. */
export const keyOf = (entry) =>
  entry.kind === "event" ? `${entry.position}` : `${entry.command_id}/${entry.first_at}/${entry.code}`;

/** Whether the first of two comes after the other in the log's line. */
export function isLater(one, other) {
  if (one.kind === "event" && other.kind === "event") return one.position > other.position;
  const [first, second] = [timeOf(one), timeOf(other)].map(precise);
  return first === second ? one.kind === "refusal" && other.kind === "event" : first > second;
}

// Texts of one width: an instant on the second is written without its fraction.
const precise = (text) => text.replace(/(\.\d+)?Z$/, (_, part = ".") => part.padEnd(7, "0"));

/**
 * A list item. `places`: what is known of places by id (`name`, `timezone`); `zone`: on whose clock the time is;
 * `log`: the id of the log; `turn(version)`: look at a version of the day that the list is of, if it is of one.
 */
export function entryItem(entry, { places, zone, log, turn }) {
  const isRefusal = entry.kind === "refusal";
  const { resource } = about(entry);
  const nameOf = (id) => places.get(id)?.name ?? id;
  const there = places.get(resource)?.timezone ?? zone;
  const title = isRefusal ? `Refused: ${askedFor(entry)}` : titleOf(entry);
  const at = timeOf(entry);
  const when = element("time", { datetime: at, title: exact(at, zone, WITH_DATE) }, exact(at, zone));
  const where = !isRefusal && !entry.facts.legs && !entry.facts.terms && resource && nameOf(resource);
  const said = isRefusal ? [wishOf(entry, there, nameOf), why(entry)] : [where, factsOf(entry, there, nameOf)];
  const isOnTwoClocks = there !== zone && said.some((text) => /\d:\d\d/.test(text || ""));
  if (isOnTwoClocks) said.push(`by the clock of ${times.placeOf(there)}`);
  return element(
    "li",
    { class: "entry", "data-kind": entry.kind, "data-key": keyOf(entry), "data-at": times.instant(at) },
    element(
      "p",
      { class: "entry-head" },
      when,
      " ",
      isRefusal && [element("span", { class: "badge bad" }, "Refused"), " "],
      element("strong", {}, isRefusal ? askedFor(entry) : title),
      " ",
      element("span", {}, said.filter(Boolean).join(" · ")),
      element("span", { class: "often" }, often(entry)),
    ),
    element("p", { class: "entry-foot" }, byWhom(entry), links(entry, { log, turn, title, zone: there })),
    more(entry),
  );
}

const often = ({ times: count }) => (count > 1 ? ` · ${count} times within a minute` : "");

/** Refused once more: the entry that `item` was made of has changed, in place. */
export function again(item, entry) {
  item.querySelector(".often").textContent = often(entry);
  item.querySelector("dl")?.replaceWith(letter(entry));
}

function byWhom({ by }) {
  const id = by.split(":")[1];
  const all = { href: logAddress({ by }), "aria-label": `All by ${by}`, title: by };
  return element("span", {}, "by ", roleOf(by), id && [" ", element("a", all, short(id))]);
}

// What a reader of this entry would ask next, one click away. Of many entries, each link says of which it is.
function links(entry, { log, turn, title, zone }) {
  const { resource, date, booking } = about(entry, zone);
  const isRefusal = entry.kind === "refusal";
  const isOfDay = !isRefusal && entry.stream.startsWith("day/");
  const which = `${title}, ${isRefusal ? short(entry.command_id) : `position ${entry.position}`}`;
  const link = (text, href, rest = {}) => element("a", { href, "aria-label": `${text}: ${which}`, ...rest }, text);
  const day = isOfDay
    ? dayAddress(resource, date, { version: entry.version })
    : resource && date && dayAddress(resource, date, { as_of: `${log}.${entry.position}` });
  const onclick = (event) => {
    event.preventDefault();
    turn(entry.version);
  };
  return [
    link("Same command", commandAddress(entry.command_id)),
    booking && !isRefusal && link("Booking since", courseAddress(booking, entry.position)),
    booking && link("Whole booking", courseAddress(booking)),
    day && link("Day then", day, isOfDay && turn ? { onclick } : {}),
  ];
}

// What the log holds of it, to the letter.
function letter(entry) {
  const { facts, kind: _, ...rest } = entry;
  const row = ([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value));
  const text = (value) => (typeof value === "string" ? value : JSON.stringify(value));
  const rows = Object.entries({ ...rest, ...facts }).map(([name, value]) => row([name, text(value)]));
  return element("dl", { class: "about" }, rows);
}

function more(entry) {
  const made = element("details", { class: "letter" }, element("summary", {}, "To the letter"));
  made.addEventListener("toggle", () => made.open && made.childElementCount < 2 && made.append(letter(entry)));
  return made;
}
