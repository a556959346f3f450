// Calendars elsewhere whose busy times are blocks: which of them want the desk, and those of one place in a dialog.

import { get, now, post, remove } from "./api.js";
import { say } from "./changing.js";
import { dialog, fillPlaces, sender } from "./desk_forms.js";
import { element } from "./dom.js";
import { onlyInMemory } from "./drafts.js";
import { field } from "./fields.js";
import { everything } from "./lists.js";
import { path } from "./paths.js";
import { refusal, showRefusal } from "./refusals.js";
import * as times from "./times.js";
import { askNowAndThen } from "./unattended.js";

const ASKING = 3_000; // while the dialog is open: a calendar is fetched within seconds
const wantsDesk = ({ failures, overlaps }) => failures > 0 || overlaps.length > 0;
const many = (count, one) => `${count} ${one}${count === 1 ? "" : "s"}`;
const hostOf = ({ address }) => address?.replace(/^https?:\/\/|\/\.\.\.$/g, "") ?? "An address that cannot be opened";

/**
 * `section` shows those that want the desk, and is hidden while none does. `places`: all that are the desk's;
 * `addressOf(booking)`. Answers `{element, open(place), update()}`: the dialog; `update` asks how all are doing.
 */
export function deskCalendars(section, { places, addressOf, signal }) {
  const wanted = element("ol", { class: "rows" });
  const select = element("select", { name: "resource", onchange: () => choose() });
  const state = element("p", { role: "status", class: "said" });
  const list = element("ol", { class: "rows", "aria-label": "Calendars of this place" });
  const trouble = element("div", {});
  const form = adding();
  const inside = element("div", { class: "panel" }, field("Place", select), state, list, form);
  const own = dialog("Calendars elsewhere", inside);
  let shown = null; // what the dialog says, so that it is drawn anew only when it says something else
  let stop = null; // of asking, while the dialog is open
  const heading = element("h2", { tabindex: "-1" }, "Calendars elsewhere");
  section.append(heading, wanted);
  own.element.addEventListener("close", closed);
  signal.addEventListener("abort", closed);
  return { element: own.element, open, update };

  function open(place) {
    fillPlaces(select, places);
    if (place) select.value = place;
    own.open();
    stop ??= askNowAndThen(load, ASKING);
    return choose();
  }

  function closed() {
    stop?.();
    stop = null;
    if (!signal.aborted) update().catch(() => {});
  }

  async function choose() {
    shown = null;
    list.replaceChildren();
    trouble.replaceChildren();
    say(state, "");
    await attempt(load);
  }

  async function update() {
    const { items } = await everything("/v1/calendars?", signal);
    const here = items.filter(wantsDesk).filter(({ resource }) => placeOf(resource));
    const rows = JSON.stringify(here.map(({ resource, failure, overlaps }) => [resource, failure, overlaps]));
    if (rows === wanted.dataset.rows) return;
    const hadFocus = wanted.contains(document.activeElement);
    wanted.replaceChildren(...here.map(warning));
    wanted.dataset.rows = rows;
    section.hidden = !here.length;
    // Also of whoever comes back from the dialog to the warning that they have just put right.
    if (hadFocus) (here.length ? heading : section.parentElement.querySelector("h1")).focus();
  }

  function warning(calendar) {
    const { name } = placeOf(calendar.resource);
    const see = { type: "button", onclick: () => open(calendar.resource), "aria-label": `Calendars of ${name}` };
    return element("li", {}, element("strong", {}, name), ...told(calendar), element("button", see, "Calendars"));
  }

  // What is wrong, and what is to be decided about.
  function told({ resource, failure, failures, overlaps }) {
    const { timezone } = placeOf(resource);
    const links = overlaps.map(({ booking, start, end }) =>
      element("a", { href: addressOf(booking) }, times.dateAndRange(start, end, timezone)),
    );
    return [
      failures > 0 && element("span", { class: "badge warn" }, "Not followed"),
      failures > 0 && element("span", {}, failure),
      links.length > 0 && element("span", {}, "Booked, though busy elsewhere: ", ...links.flatMap(listed)),
    ];
  }

  async function load() {
    const resource = select.value;
    const { data } = await get(path`/v1/resources/${resource}/calendars`, { signal });
    const next = JSON.stringify(data.items.map((each) => [each, readWhen(each)]));
    const isAsked = list.querySelector("[data-asked]") !== null;
    if (resource !== select.value || next === shown || isAsked) return;
    shown = next;
    const focused = list.contains(document.activeElement) ? document.activeElement : null;
    list.replaceChildren(...data.items.map(row));
    if (!data.items.length) list.append(element("li", {}, "No calendar is followed here."));
    if (!focused) return;
    const isIt = (each) => each.isEqualNode(focused);
    ([...list.querySelectorAll("button, a")].find(isIt) ?? own.heading).focus();
  }

  function row(calendar) {
    const { calendar: id, resource, succeeded_at: read, blocks } = calendar;
    const host = hostOf(calendar);
    const when = read ? `Read ${readWhen(calendar)}: ${many(blocks, "busy time")}.` : "Not read yet.";
    const at = path`/v1/resources/${resource}/calendars/${id}`;
    const button = (text, onclick, rest = {}) =>
      element("button", { type: "button", "aria-label": `${text}: ${host}`, onclick, ...rest }, text);
    const refresh = button("Fetch now", () => attempt(refreshed));
    const end = button("End", () => asked(), { class: "danger" });
    const made = element("li", {}, element("strong", {}, host), when, ...told(calendar), refresh, end);
    return made;

    // Once more: what it blocked is free then.
    function asked() {
      const sure = button("End it", () => attempt(ended), { class: "danger" });
      const keep = button("Keep it", () => kept());
      made.dataset.asked = "";
      end.replaceWith("Its busy times are free again then.", sure, keep);
      sure.focus();
    }

    function kept() {
      const again = row(calendar);
      made.replaceWith(again);
      again.querySelector(".danger").focus();
    }

    async function refreshed() {
      await post(`${at}/refresh`, undefined, { signal });
      say(state, `${host} is fetched within seconds.`);
    }

    async function ended() {
      await remove(at, { signal });
      delete made.dataset.asked;
      own.heading.focus();
      say(state, `${host} is not followed any more. Its busy times are free again within seconds.`);
      await load();
    }
  }

  function adding() {
    const kept = onlyInMemory("calendar"); // an address is a secret: it stays in this document
    const rest = { required: true, spellcheck: "false", autocomplete: "off", maxlength: 2000, inputmode: "url" };
    const url = element("input", { name: "url", ...rest });
    const hint = "Its secret address for other programs (ICS, iCal), as it is said there. It is not shown again.";
    const add = element("p", { class: "actions" }, element("button", { class: "main" }, "Follow this calendar"));
    const made = element("form", { class: "form" }, field("Address of a calendar", url, hint), trouble, add);
    sender(kept, made, trouble, async (said, key) => {
      const { data } = await post(path`/v1/resources/${select.value}/calendars`, { url: said.url.trim() }, { key });
      url.value = "";
      say(state, `${hostOf(data)} is followed from now on.`);
      await load();
    });
    return made;
  }

  async function attempt(what) {
    try {
      await what();
    } catch (error) {
      if (!signal.aborted) showRefusal(trouble, refusal(error));
    }
  }

  function placeOf(resource) {
    return places.find(({ id }) => id === resource);
  }
}

// In whole minutes: what is said is drawn anew when it changes.
function readWhen({ succeeded_at: read }) {
  if (!read) return null;
  return times.minutes(read, new Date(now()).toISOString()) < 1 ? "just now" : times.away(read);
}

const listed = (link, at) => [at ? ", " : "", link];
