// A line of events and refusals, page by page, to which what happens meanwhile is added where it belongs.

import { again, entryItem, isLater, keyOf } from "./audit_entry.js";
import { WITH_DATE, timeOf } from "./audit_words.js";
import { write } from "./changing.js";
import { element } from "./dom.js";
import * as times from "./times.js";
import { unattended } from "./unattended.js";

const ROUNDS = 20; // pages that one click looks through, where filters leave little of each
const MOST = 2_000; // entries that are kept of what comes by itself
const CUT = "More has come than is shown here. For what was before, choose a time above, or open this page anew.";

/**
 * `ask(cursor)`: a page, `{items, next}`; of the first, the cursor is "". `newest`: in which order they come. `show()`:
 * what `entryItem` takes. Answers `{element, begin(), add(entries), isWhole()}`:
 * `begin` loads the first page (anew); `add` takes what happened since, be it known or not, and answers how many were
 * new; `isWhole`: whether the end was reached, so that what comes at that end can be added.
 */
export function lineOf({ ask, newest, show, empty, signal }) {
  let shown = []; // entries in the order of the list
  let next = "";
  let turn = 0; // how often it was begun
  let asked = 0; // entries that were there when a page was asked for last: those stay
  const list = element("ol", { class: "entries" });
  const said = element("p", { class: "soft", role: "status" });
  const further = element("button", { type: "button", onclick: () => unattended(load(), signal) }, "More");
  const made = element("div", {}, list, said, element("p", { class: "actions" }, further));
  further.hidden = true;
  return { element: made, begin, add, isWhole: () => next === null };

  async function begin() {
    turn += 1;
    const page = await pages("");
    if (!page) return;
    shown = [];
    list.replaceChildren();
    take(page);
  }

  async function load() {
    if (further.getAttribute("aria-disabled")) return;
    try {
      const page = await pages(next);
      if (!page) return;
      const count = shown.length;
      take(page);
      // Whoever pressed the last of it goes on reading where the new ones begin.
      if (further.hidden) items()[count]?.querySelector("a").focus();
    } catch (error) {
      if (!signal.aborted) said.textContent = `${error.message} `;
      throw error;
    }
  }

  // Where filters leave nothing of a page, the next one is looked at, for a while. null: the line was begun anew
  // meanwhile, and this is an answer of before.
  async function pages(cursor) {
    const asking = turn;
    further.setAttribute("aria-disabled", "true");
    try {
      for (let at = cursor, round = 0; ; round += 1) {
        const page = await ask(at);
        if (asking !== turn) return null;
        if (page.items.length || page.next === null || round >= ROUNDS) return page;
        at = page.next;
        said.textContent = "Looking further …";
      }
    } catch (error) {
      if (asking !== turn) return null;
      throw error;
    } finally {
      if (asking === turn) further.removeAttribute("aria-disabled");
    }
  }

  function take(page) {
    next = page.next;
    insert(page.items);
    asked = shown.length;
    further.hidden = next === null;
    const none = shown.length || next !== null ? "" : empty;
    said.textContent = next === null || page.items.length ? none : "Nothing so far.";
  }

  function add(entries) {
    const count = insert(entries.filter((each) => !isOnALaterPage(each)));
    if (count && said.textContent !== CUT) said.textContent = "";
    cut();
    return count;
  }

  // Far from where the new ones come: whoever looks on for days has no use for all of them at once.
  function cut() {
    const excess = shown.length - Math.max(MOST, asked);
    if (excess <= 0) return;
    const from = newest ? shown.length - excess : 0;
    for (const item of items().slice(from, from + excess)) item.remove();
    shown.splice(from, excess);
    dates();
    if (newest) next = null; // the pages to come would not go on from here
    further.hidden = true;
    write(said, CUT);
  }

  // Not there yet, and told by a page to come.
  function isOnALaterPage(entry) {
    const last = shown.at(-1);
    return next !== null && (!last || (newest ? isLater(last, entry) : isLater(entry, last)));
  }

  function insert(entries) {
    const there = new Map(shown.map((each, at) => [keyOf(each), at]));
    const made = items();
    const isKnown = (each) => there.has(keyOf(each));
    for (const each of entries.filter(isKnown)) repeat(each, there.get(keyOf(each)), made);
    const fresh = entries.filter((each) => !isKnown(each));
    for (const each of fresh) {
      const at = placeOf(each);
      const item = entryItem(each, show());
      list.insertBefore(item, made[at] ?? null);
      made.splice(at, 0, item);
      shown.splice(at, 0, each);
    }
    if (fresh.length) dates();
    return fresh.length;
  }

  // What is refused time and again stands there once, with how often.
  function repeat(entry, at, made) {
    if (!(entry.times > shown[at].times)) return;
    Object.assign(shown[at], entry);
    again(made[at], shown[at]);
  }

  // Most are beyond the last, or before the first.
  function placeOf(entry) {
    const goesBefore = (other) => (newest ? isLater(entry, other) : isLater(other, entry));
    if (shown.length && goesBefore(shown[0])) return 0;
    const after = shown.findLastIndex((other) => !goesBefore(other));
    return after + 1;
  }

  function items() {
    return [...list.querySelectorAll(".entry")];
  }

  // A heading where the date changes.
  function dates() {
    for (const old of list.querySelectorAll(".entry-date")) old.remove();
    const { zone } = show();
    const says = new Intl.DateTimeFormat(undefined, { ...WITH_DATE, timeZone: zone });
    let date = null;
    items().forEach((item, at) => {
      const text = says.format(times.instant(timeOf(shown[at])));
      if (text !== date) item.before(element("li", { class: "entry-date" }, text));
      date = text;
    });
  }
}
