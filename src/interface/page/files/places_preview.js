// What a definition would make of the coming days, as the service works it out, beside what is there now.

import { Problem, post } from "./api.js";
import { element } from "./dom.js";
import { path } from "./paths.js";
import { worded } from "./places_definition.js";
import { whichOnes, wouldNotFit } from "./places_displaced.js";
import { differences } from "./places_merge.js";
import * as times from "./times.js";
import { askNowAndThen } from "./unattended.js";

const WAIT = 400; // milliseconds without a key
const DAYS = 7;
const MINUTE = 60_000;
const MOST_SHOWN = 16; // starts of one day, one by one

/**
 * `{element, ask(), now()}`: `ask` after something was typed. `id()`, `zone()`: of the place; `ready()`: whether the
 * form is filled; `read()`: the definition; `saved()`: the one in force, null for a new place; `complain(errors)`: what
 * the service has against what is typed.
 */
export function preview({ id, zone, ready, read, saved, complain, signal }) {
  const list = element("ul", { class: "preview-days" });
  const note = element("p", { role: "status", class: "soft" }, "Working it out …");
  const shift = element("div", {});
  const turn = (text, label, days) =>
    element("button", { type: "button", class: "turn", "aria-label": label, onclick: () => go(days) }, text);
  const turns = element("div", { class: "turns" }, turn("‹", "Week before", -DAYS), turn("›", "Week after", DAYS));
  const heading = element("h2", {}, "What can be booked");
  const head = element("div", { class: "between" }, heading, turns);
  const made = element("section", { class: "preview", "aria-label": "Preview" }, head, note, shift, list);
  let from = null;
  let day = null; // today, as it was when one asked last
  let timer = null;
  let asked = null;
  let before = null; // what the definition in force makes of the same days: {key, days}
  signal.addEventListener("abort", () => clearTimeout(timer));
  signal.addEventListener("abort", askNowAndThen(async () => day && day !== times.today(zone()) && now(), MINUTE));
  return { element: made, ask, now };

  function ask() {
    clearTimeout(timer);
    timer = setTimeout(now, WAIT);
  }

  function go(days) {
    from = times.later(from ?? times.today(zone()), days);
    now();
  }

  // Who has turned to another week is left there.
  function goOn() {
    const today = times.today(zone());
    if (from === day) from = today;
    day = today;
  }

  async function now() {
    clearTimeout(timer);
    asked?.abort();
    asked = new AbortController();
    const own = AbortSignal.any([asked.signal, signal]);
    if (!ready()) {
      note.textContent = "It is shown here as soon as the form is filled in.";
      made.removeAttribute("aria-busy");
      return;
    }
    made.setAttribute("aria-busy", "true");
    try {
      goOn();
      const definition = read();
      const answer = await worked(definition, own);
      const there = await asItIs(definition, answer, own);
      complain([]);
      show(answer, there, definition);
    } catch (error) {
      if (own.aborted) return;
      note.textContent = error instanceof RangeError ? "There is no such time zone." : worded(error.message);
      list.replaceChildren();
      if (error instanceof Problem) complain(error.facts.errors ?? []);
    }
    made.removeAttribute("aria-busy");
  }

  async function worked(definition, own) {
    const range = `from=${from}&to=${times.later(from, DAYS - 1)}`;
    const address = `${path`/v1/resources/${id()}/preview`}?${range}`;
    return (await post(address, { ...definition, timezone: zone() }, { signal: own })).data;
  }

  // The same days as they are now. While nothing is changed, that is what was answered.
  async function asItIs(definition, answer, own) {
    const current = saved();
    if (!current) return null;
    const key = `${from} ${JSON.stringify(current)}`;
    if (!differences(current, definition).length) before = { key, days: answer.days };
    if (before?.key !== key) before = { key, days: (await worked(current, own)).days };
    return before.days;
  }

  function show({ days, displaced, timezone, policy }, there, { name, kind }) {
    const all = days.reduce((sum, { slots }) => sum + slots.length, 0);
    const [least, most] = [policy.min_duration, policy.max_duration].map(times.length);
    const long = least === most ? least : `${least} to ${most}`;
    note.textContent = `${all} starts in these seven days, ${long} each, by the clock in ${times.placeOf(timezone)}.`;
    const said = wouldNotFit(displaced);
    const which = whichOnes(displaced, { name, kind, timezone });
    shift.replaceChildren(...(said ? [element("div", { class: "notice" }, element("p", {}, said), which)] : []));
    list.replaceChildren(...days.map((day, at) => shownDay(day, there?.[at] ?? day, timezone, policy.step)));
  }
}

// A day with its starts; those that are new and those that are gone are marked as such.
function shownDay(day, before, zone, step) {
  const had = new Set(before.slots.map(({ start }) => start));
  const has = new Set(day.slots.map(({ start }) => start));
  const gone = before.slots.filter(({ start }) => !has.has(start)).map((slot) => ({ ...slot, mark: "del" }));
  const there = day.slots.map((slot) => ({ ...slot, mark: had.has(slot.start) ? "span" : "ins" }));
  const starts = [...there, ...gone].sort((a, b) => times.instant(a.start) - times.instant(b.start));
  const runs = starts.length > MOST_SHOWN ? runsOf(starts, step) : starts.map((slot) => [slot]);
  const made = runs.map((run) => {
    const [{ mark, start, status }, last] = [run[0], run.at(-1)];
    const until = run.length > 1 ? ` – ${times.clock(last.start, zone)}` : "";
    return element(mark, { class: "start", "data-status": status }, times.clock(start, zone) + until);
  });
  return element(
    "li",
    {},
    element("strong", times.spoken, times.shortDate(day.date)),
    element("span", { class: "soft" }, counted(day, before)),
    element("div", { class: "starts" }, made),
  );
}

// Starts of one kind that follow each other at every step.
function runsOf(starts, step) {
  const runs = [];
  for (const slot of starts) {
    const last = runs.at(-1)?.at(-1);
    const goesOn = last?.mark === slot.mark && last.status === slot.status;
    if (goesOn && times.minutes(last.start, slot.start) === step) runs.at(-1).push(slot);
    else runs.push([slot]);
  }
  return runs;
}

function counted(day, before) {
  const now = day.slots.length || day.reason || (day.status === "closed" ? "closed" : "nothing fits");
  return before.slots.length === day.slots.length ? String(now) : `${now}, now ${before.slots.length || "closed"}`;
}
