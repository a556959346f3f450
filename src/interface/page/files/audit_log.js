// The log: everything that happened, and was refused, as it happens.

import { get, now } from "./api.js";
import { filtersOf, logAddress } from "./audit_addresses.js";
import { filterForm } from "./audit_filters.js";
import { lineOf } from "./audit_line.js";
import { short } from "./audit_words.js";
import { element } from "./dom.js";
import { everything } from "./lists.js";
import { lamp } from "./live.js";
import { go } from "./router.js";
import { ownZone, placeOf } from "./times.js";
import { askNowAndThen, unattended } from "./unattended.js";

const ASKING = 3_000;
const PAGE = 50;
const MOST_AT_ONCE = 500; // what is more than a page that was missed is loaded anew
const MOST_REFUSED = 2_000;
const LATE = 75_000; // refusals are noted behind the answer, and repeats are counted with the first for a minute
const OF_REFUSALS = ["by", "resource", "booking", "command", "to"];

export async function log(place, { query, signal, title }) {
  title("Log");
  const filters = filtersOf(query);
  const newest = filters.order !== "oldest";
  const withRefusals = filters.refusals !== "false";
  const light = element("span", {});
  const progress = element("p", { class: "soft", role: "status" }, "Loading …");
  const { items } = await everything("/v1/resources?", signal);
  const places = new Map(items.map((each) => [each.id, each]));
  let logId = "";
  let mark = null; // the position up to which events are known
  let asked = null; // when refusals were asked for last
  const line = lineOf({
    ask: page,
    newest,
    show: () => ({ places, zone: ownZone, log: logId }),
    empty: filters.after ? "Nothing since." : "Nothing of that kind.",
    signal,
  });
  const zone = element("p", { class: "soft" }, `Times are those of your own clock (${placeOf(ownZone)}).`);
  const narrowed = about(filters);
  place.append(
    element("div", { class: "between" }, element("h1", { tabindex: "-1" }, "Log"), light),
    filterForm(filters, items, (next) => go(logAddress({ ...next, after: filters.after }))),
    ...(narrowed ? [narrowed] : []),
    zone,
    progress,
  );
  const tell = lamp(light);
  await line.begin().catch((error) => {
    if (signal.aborted || error.status !== 400) throw error;
    progress.replaceWith(cannotBe(error));
  });
  if (signal.aborted || mark === null) return;
  const trouble = element("div", {});
  progress.replaceWith(trouble, line.element);
  tell("live");
  document.addEventListener("daybook:unreachable", () => tell("lost"), { signal });
  signal.addEventListener("abort", askNowAndThen(since, ASKING));

  function wanted(names, rest) {
    const given = names.filter((name) => filters[name]).map((name) => [name, filters[name]]);
    return new URLSearchParams([...given, ...Object.entries(rest)]);
  }

  async function page(cursor) {
    const names = ["by", "resource", "booking", "command", "from", "to", "after"];
    const order = { order: newest ? "newest" : "oldest", refusals: withRefusals, limit: PAGE };
    const isFirst = !cursor;
    const start = now();
    // Oldest first without refusals, the API goes on from position to position.
    const on = cursor && { [newest || withRefusals ? "cursor" : "after"]: cursor };
    const { data, position } = await get(`/v1/events?${new URLSearchParams({ ...plain(names), ...order, ...on })}`, {
      signal,
    });
    logId = position.split(".")[0];
    if (isFirst || !newest) {
      mark = position;
      if (isFirst) asked = start;
    }
    return data;
  }

  function plain(names) {
    return Object.fromEntries(wanted(names, {}));
  }

  // What has happened since: events exactly, refusals with those that were noted late.
  async function since() {
    if (!newest && !line.isWhole()) return tell("live");
    const start = now();
    const names = [...OF_REFUSALS, "from"];
    const events = await get(`/v1/events?${wanted(names, { after: mark, limit: MOST_AT_ONCE })}`, { signal }).catch(
      (error) => {
        if (error.code !== "unknown-position") throw error;
        return null; // another log
      },
    );
    if (signal.aborted) return undefined;
    if (events === null || (events.data.next !== null && events.data.items.length >= MOST_AT_ONCE)) {
      return anew();
    }
    const refused = withRefusals ? await refusals() : [];
    // They come oldest first: of too many, the newest would be missing.
    if (newest && refused.length >= MOST_REFUSED) {
      return anew();
    }
    mark = events.position;
    asked = start;
    line.add([...events.data.items, ...refused]);
    trouble.replaceChildren();
    return tell("live");
  }

  // In another log there may be no such position as the address has: what is shown is of the log of before.
  async function anew() {
    try {
      await line.begin();
    } catch (error) {
      tell("lost");
      if (error.status === 400 && !trouble.firstChild) trouble.append(cannotBe(error));
      throw error;
    }
    trouble.replaceChildren();
    return tell("live");
  }

  function cannotBe({ code, message }) {
    const start = element("a", { href: logAddress({ ...filters, after: "" }) }, "Show the log from its start");
    const made = element("p", { class: "notice bad", role: "alert" }, message);
    if (code === "unknown-position") made.append(" ", start);
    return made;
  }

  // Whoever reads from the start needs all of them, however many there are.
  async function refusals() {
    const most = newest ? MOST_REFUSED : Infinity;
    const from = new Date(asked - LATE).toISOString();
    const isLater = filters.from && Date.parse(filters.from) > Date.parse(from);
    const rest = { from: isLater ? filters.from : from };
    const { items: found } = await everything(`/v1/refusals?${wanted(OF_REFUSALS, rest)}&`, signal, most);
    return found;
  }
}

// What the line is narrowed down to that no field says, and what it is of.
function about({ after, booking, command }) {
  const what = [
    booking && `what booking ${short(booking)} went through`,
    command && `what command ${short(command)} wrote`,
    after && `since position ${after.split(".").at(-1)}`,
  ].filter(Boolean);
  if (!what.length) return null;
  const text = what.join(", ");
  const whole = booking && after && element("a", { href: logAddress({ booking, order: "oldest" }) }, "From its start");
  return element("p", { class: "chosen" }, text.charAt(0).toUpperCase() + text.slice(1), ". ", whole);
}
