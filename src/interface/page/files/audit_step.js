// The step to a version: what happened, by whom, when, and what it changed.

import { commandAddress, courseAddress, logAddress } from "./audit_addresses.js";
import { changeTable } from "./audit_change.js";
import { WITH_DATE, exact, factsOf, roleOf, sealed, short, titleOf } from "./audit_words.js";
import { element } from "./dom.js";
import { placeOf } from "./times.js";

/**
 * What stands beside the slider. `step`: the event, null at version 0; `before`, `after`: the day around it; `newest`:
 * the day's newest version.
 */
export function stepCard({ step, before, after, newest, nameOf }) {
  const { timezone } = after;
  if (!step) {
    const text = newest ? "As it was before anything happened on it." : "Nothing has happened on it so far.";
    return [element("h3", {}, "Before anything"), element("p", { class: "soft" }, text)];
  }
  const at = (text) => [exact(text, timezone, { ...WITH_DATE, fractionalSecondDigits: 3 }), ` ${placeOf(timezone)}`];
  const when = (text) => element("time", { datetime: text }, at(text));
  const { by, command_id: command, facts, position } = step;
  const id = by.split(":")[1];
  const whose = id && [" ", element("a", { href: logAddress({ by }), title: by }, short(id))];
  const because = "reason" in facts && typeof facts.reason !== "string" ? sealed(facts.reason) : null;
  const rows = [
    ["By", [roleOf(by), whose].flat()],
    ["When", when(step.timestamp)],
    ["Stored", when(step.recorded_at)],
    because && ["Reason", because],
    ["Command", element("a", { href: commandAddress(command) }, command)],
    facts.booking && ["Booking", bookingLinks(facts.booking, position)],
    ["Position", String(position)],
  ].filter(Boolean);
  return [
    element("h3", {}, titleOf(step)),
    element("p", {}, factsOf(step, timezone, nameOf)),
    element("dl", { class: "about" }, rows.map(([name, value]) => element("div", {}, element("dt", {}, name),
      element("dd", {}, ...[value].flat().filter(Boolean))))),
    changeTable(before, after),
  ];
}

/** From a booking to all it went through, and to what it went through since. */
export const bookingLinks = (booking, position) => [
  element("a", { href: courseAddress(booking), title: booking }, short(booking)),
  " · ",
  element("a", { href: courseAddress(booking, position) }, "since then"),
];
