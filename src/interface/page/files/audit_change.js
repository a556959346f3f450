// What a step changed: how it was before, and how it was after.

import { keyOf } from "./audit_items.js";
import { blocked, exact, places, short } from "./audit_words.js";
import { element } from "./dom.js";
import * as times from "./times.js";
import { spelled } from "./words.js";

const NOTHING = "nothing";

/** A table of what differs between two states of a day; a sentence where nothing does. */
export function changeTable(before, after) {
  const { timezone } = after;
  const rows = [
    ...pairs(before.claims, after.claims).map((pair) => row(pair, (claim) => taken(claim, timezone), timezone)),
    ...pairs(before.blocks, after.blocks).map((pair) => row(pair, blocked, timezone)),
    ...ofPlan(before.plan, after.plan),
  ];
  if (!rows.length) return element("p", { class: "soft" }, "Nothing that stood on the day was changed by it.");
  const head = ["What", "Before", "After"].map((text) => element("th", { scope: "col" }, text));
  const cell = (name, text) => element("td", { "data-of": name }, text);
  const line = ([what, was, is]) =>
    element("tr", {}, element("th", { scope: "row" }, what), cell("Before", was), cell("After", is));
  return element(
    "table",
    { class: "change" },
    element("caption", { class: "unseen" }, "What it changed"),
    element("thead", {}, element("tr", {}, head)),
    element("tbody", {}, rows.map(line)),
  );
}

// What is different: `[before, after]`, either of them undefined.
function pairs(before, after) {
  const [was, is] = [before, after].map((all) => new Map(all.map((each) => [keyOf(each), each])));
  const keys = [...new Set([...was.keys(), ...is.keys()])];
  const both = keys.map((key) => [was.get(key), is.get(key)]);
  return both.filter(([one, other]) => JSON.stringify(one) !== JSON.stringify(other));
}

function row([was, is], told, zone) {
  const { start, end } = is ?? was;
  return [times.dateAndRange(start, end, zone), was ? told(was) : NOTHING, is ? told(is) : NOTHING];
}

function taken({ booking, units, until }, zone) {
  const held = until ? `held until ${exact(until, zone)}` : "taken";
  return `${places(units)} ${held}, booking ${short(booking)}`;
}

function ofPlan(before, after) {
  const plain = ({ windows, reason, capacity, policy }) => ({
    Open: `${opening(windows)}${reason ? ` (${reason})` : ""}`,
    Places: String(capacity),
    ...Object.fromEntries(Object.entries(policy).map(([name, value]) => [spelled(name), said(value)])),
  });
  const [was, is] = [plain(before), plain(after)];
  return Object.keys(is).filter((name) => was[name] !== is[name]).map((name) => [name, was[name], is[name]]);
}

const said = (value) => (value === true ? "yes" : value === false ? "no" : String(value ?? "none"));

/** `09:00 – 12:00, 13:00 – 17:00`, as the place's clock has it. */
export const opening = (windows) => windows.map(([from, to]) => `${from} – ${to}`).join(", ") || "closed";
