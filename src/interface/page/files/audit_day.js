// A day at each of its versions: how it stood, what each step changed, and by whom; and on, as it changes.

import { get } from "./api.js";
import { dayAddress } from "./audit_addresses.js";
import { opening } from "./audit_change.js";
import { dayForm } from "./audit_day_form.js";
import { LEGEND, contentAt, keyOf } from "./audit_items.js";
import { lineOf } from "./audit_line.js";
import { versionSlider } from "./audit_slider.js";
import { bookingLinks, stepCard } from "./audit_step.js";
import { course, versionsOf } from "./audit_versions.js";
import { WITH_DATE, blocked, exact, places as placesOf, titleOf } from "./audit_words.js";
import { dayTimeline } from "./desk_day.js";
import { element } from "./dom.js";
import { everything } from "./lists.js";
import { follow, lamp } from "./live.js";
import { go, readdress } from "./router.js";
import * as times from "./times.js";
import { askNowAndThen, unattended } from "./unattended.js";

const SOON = 60; // whoever holds the key down passes versions by
const ASKING = 4_000;
const LATELY = 20; // versions among which what was refused lately is looked for

export async function day(place, { resource: id, date, query, signal, title }) {
  title("A day");
  const light = element("span", {});
  const progress = element("p", { class: "soft", role: "status" }, "Loading …");
  const heading = element("h1", { tabindex: "-1" }, "A day as it was");
  place.append(element("div", { class: "between" }, heading, light), progress);
  const { items } = await everything("/v1/resources?", signal);
  const shown = id && (items.find((each) => each.id === id) ?? (await retired(id, signal)));
  const all = shown && !items.includes(shown) ? [...items, shown] : items;
  const today = all.length ? times.today((shown ?? all[0]).timezone) : "";
  const form = dayForm({
    places: all,
    resource: id,
    date: times.isDate(date ?? "") ? date : today,
    chosen: ({ resource, date: on, moment }) => go(dayAddress(resource, on, moment && { as_of: moment })),
  });
  progress.before(form);
  if (!shown || !times.isDate(date ?? "")) {
    progress.textContent = id ? "There is no such place, or no such date." : "Choose a place and a date.";
    return;
  }
  title(`${shown.name}, ${times.shortDate(date)}`);
  heading.textContent = shown.name;
  await versions(place, { resource: shown, date, query, signal, progress, tell: lamp(light), all });
}

async function retired(id, signal) {
  return get(`/v1/resources/${encodeURIComponent(id)}`, { signal }).then(
    ({ data }) => data,
    (error) => {
      if (![400, 404].includes(error.status)) throw error;
      return null;
    },
  );
}

async function versions(place, { resource, date, query, signal, progress, tell, all }) {
  const known = versionsOf(resource.id, date, signal);
  const names = new Map(all.map((each) => [each.id, each]));
  const nameOf = (id) => names.get(id)?.name ?? id;
  const first = await known.newest();
  let newest = first.version;
  let logId = idOf(first);
  let wanted = newest; // the version that was asked for last
  let drawn = null; // the one that is shown
  let waiting = null;

  const said = element("p", { class: "said", role: "status" });
  const slider = versionSlider({ turn });
  const step = element("section", { class: "step-card card", "aria-label": "The step to this version" });
  const stood = element("p", { class: "soft" });
  const timeline = dayTimeline({ opened, content, label: "The day at this version" });
  const entries = element("ul", { class: "standing" });
  const standing = element("details", {}, element("summary", {}, "All that stood on it"), entries);
  const around = { before: null };
  const line = lineOf({
    ask: (cursor) => course(resource.id, date, { limit: 100, ...(cursor && { cursor }) }, signal),
    newest: false,
    show: () => ({ places: names, zone: resource.timezone, log: logId, turn: lead }),
    empty: "Nothing has happened on it, and nothing was refused.",
    signal,
  });
  const steps = element("details", {}, element("summary", {}, "All steps, and what was refused"), line.element);
  let isBegun = false;
  steps.addEventListener("toggle", () => steps.open && !isBegun && unattended(beginLine(), signal));

  await begin();
  if (signal.aborted) return;
  progress.replaceWith(
    element("h2", times.spoken, times.longDate(date)),
    slider.element,
    said,
    timeline.element,
    legend(),
    stood,
    step,
    standing,
    steps,
  );
  const stop = follow([resource.id], { after: first.position, state: tell, day: heard, reset: afresh, resource() {} });
  const stopAsking = askNowAndThen(lately, ASKING);
  signal.addEventListener("abort", () => {
    stop();
    stopAsking();
    clearTimeout(waiting);
  });

  // The version that the address names; a time is looked up, and the newest is there for all else.
  async function begin() {
    const moment = query.get("as_of");
    const version = Number(query.get("version") ?? newest);
    const isThere = Number.isInteger(version) && version >= 0 && version <= newest;
    if (isThere) wanted = version;
    else say(`There is no version ${query.get("version")}.`);
    if (moment) await at(moment);
    await draw(wanted);
  }

  async function at(moment) {
    try {
      wanted = (await known.at(moment)).version;
      const when = !times.isDate(moment.slice(0, 10)) ? "Then" : `On ${exact(moment, resource.timezone, WITH_DATE)}`;
      say(`${when} it was at version ${wanted}.`);
    } catch (error) {
      if (signal.aborted || ![400, 404].includes(error.status)) throw error;
      say(error.message);
    }
  }

  // From elsewhere on the page: one goes on at the slider.
  function lead(version) {
    turn(version);
    slider.focus();
  }

  function turn(version) {
    wanted = version;
    say();
    slider.update({ version, newest, text: "" });
    step.setAttribute("aria-busy", "true");
    clearTimeout(waiting);
    waiting = setTimeout(() => unattended(draw(version), signal), SOON);
  }

  async function draw(version) {
    let found;
    try {
      const previous = Math.max(version - 1, 0);
      found = await Promise.all([
        known.state(version),
        version ? known.state(previous) : null,
        version ? known.step(version) : null,
      ]);
    } catch (error) {
      if (signal.aborted || wanted !== version || drawn === null) throw error;
      step.removeAttribute("aria-busy");
      const again = element("button", { type: "button", onclick: () => turn(version) }, "Try again");
      return say(`Version ${version} could not be loaded. ${error.message} `, again);
    }
    if (signal.aborted || wanted !== version) return undefined;
    const [after, before, event] = found;
    drawn = version;
    around.before = before;
    step.removeAttribute("aria-busy");
    step.replaceChildren(...stepCard({ step: event, before, after, newest, nameOf }));
    slider.update({ version, newest, text: event ? titleOf(event) : "before anything" });
    stood.textContent = plan(after);
    timeline.update({ places: [resource], date, days: new Map([[resource.id, after]]), bookings: new Map(), nameOf });
    entries.replaceChildren(...rows(after, event));
    readdress(dayAddress(resource.id, date, { version }));
    return undefined;
  }

  function content(_, on, now) {
    return contentAt(resource, on, now, around.before);
  }

  // Whoever looks at the newest goes on with it; whoever looks back stays, and is told.
  function heard({ date: on, version }) {
    if (on !== date || version <= newest) return;
    const isNewest = wanted === newest;
    newest = version;
    if (isNewest) return turn(newest);
    slider.update({ version: wanted, newest, text: "" });
    const count = newest - wanted;
    const look = element("button", { type: "button", onclick: () => lead(newest) }, "Go to the newest");
    return say(`The day has gone on: ${count} newer ${count === 1 ? "version" : "versions"}. `, look);
  }

  // Far behind, or another log: what was known of the old one says nothing, also where its versions have the same
  // numbers.
  async function afresh() {
    const now = await known.newest();
    if (idOf(now) === logId && now.version >= newest) return heard({ date, ...now });
    known.forget();
    logId = idOf(now);
    newest = now.version;
    turn(Math.min(wanted, newest));
    if (isBegun) {
      isBegun = false;
      await beginLine();
    }
    return undefined;
  }

  // What could not be loaded is asked for again when it is opened again.
  async function beginLine() {
    await line.begin();
    isBegun = true;
  }

  // What was refused makes no version: it is looked for while somebody looks at the list.
  async function lately() {
    if (!steps.open || !line.isWhole()) return;
    const after = Math.max(newest - LATELY, 0);
    for (let cursor = ""; cursor !== null; ) {
      const asked = { after, limit: 500, ...(cursor && { cursor }) };
      const { items, next } = await course(resource.id, date, asked, signal);
      line.add(items);
      cursor = next;
    }
  }

  function opened(item) {
    if (!item) return;
    standing.open = true;
    const row = [...entries.children].find(({ dataset }) => dataset.key === keyOf(item.all[0]));
    (row?.querySelector("a") ?? standing.querySelector("summary")).focus();
  }

  function rows({ claims, blocks }, event) {
    const zone = resource.timezone;
    const position = event?.position ?? 0;
    const taken = ({ units, until, booking }) => [
      `${placesOf(units)}${until ? `, held until ${exact(until, zone)}` : ""} · booking `,
      ...bookingLinks(booking, position),
    ];
    const row = (each) => {
      const time = element("strong", {}, times.range(each.start, each.end, zone));
      return element("li", { "data-key": keyOf(each) }, time, " ", ...(each.block ? [blocked(each)] : taken(each)));
    };
    const made = [...claims, ...blocks].sort((a, b) => times.instant(a.start) - times.instant(b.start)).map(row);
    return made.length ? made : [element("li", { class: "soft" }, "Nothing.")];
  }

  // Who is about to press a button there finds it again, also when the day goes on once more.
  function say(...text) {
    const hadFocus = said.contains(document.activeElement);
    said.replaceChildren(...text);
    if (hadFocus) (said.querySelector("button") ?? slider).focus();
  }
}

// Of which log an answer is.
const idOf = ({ position }) => position.split(".")[0];

// What the date offered at that version, in a line.
function plan({ plan: { windows, reason, capacity, policy }, timezone }) {
  const parts = [
    `Open ${opening(windows)}${reason ? ` (${reason})` : ""}`,
    placesOf(capacity),
    `a start every ${times.length(policy.step)}`,
    policy.approval && "bookings wait for approval",
    `times of ${times.placeOf(timezone)}`,
  ];
  return `${parts.filter(Boolean).join(" · ")}.`;
}

function legend() {
  const colour = (state) => element("span", { "data-state": state, "aria-hidden": "true" });
  const items = LEGEND.map(([state, text]) => element("li", {}, colour(state), text));
  return element("ul", { class: "legend", "aria-label": "What the colours mean" }, items);
}
