// What one waits for: where, when, which place in line, and the way out of it.

import { get, remove } from "./api.js";
import { write } from "./changing.js";
import { element } from "./dom.js";
import { everything } from "./lists.js";
import { whenOf } from "./line_join.js";
import { path } from "./paths.js";
import { refusal, showRefusal } from "./refusals.js";
import * as times from "./times.js";
import { askNowAndThen, unattended } from "./unattended.js";
import { bookAddress } from "./views/book_address.js";

const ASKING = 4_000;

/**
 * Fills `section`, which is hidden while one waits for nothing. `me`: the person that one is; `served()`: something
 * was offered, perhaps; `changed(resources)`: where one waits; `tell(text)`; `away()`: where one goes on when nothing
 * is left. Answers `look()`, which asks how it stands.
 */
export function ownLine(section, { me, served, changed, tell, away, signal }) {
  const heading = element("h2", { tabindex: "-1" }, "In line");
  const trouble = element("div", {});
  const list = element("ul", { class: "rows" });
  const rows = new Map(); // by wish
  const places = new Map(); // by resource
  let turn = 0;
  section.append(heading, trouble, list);
  signal.addEventListener("abort", askNowAndThen(look, ASKING));
  unattended(look(), signal);
  return look;

  // Of several answers that of the last question counts: one of before still has what one has left since.
  async function look() {
    const mine = ++turn;
    const { items } = await everything(`/v1/waitlist?customer=${me}&waiting=true&`, signal);
    for (const { resource } of items) if (!places.has(resource)) places.set(resource, await placeOf(resource));
    if (signal.aborted || mine !== turn) return;
    const is = new Set(items.map(({ id }) => id));
    const gone = [...rows.keys()].filter((id) => !is.has(id));
    gone.forEach(drop);
    for (const wish of items) {
      if (!rows.has(wish.id)) rows.set(wish.id, row(wish));
      rows.get(wish.id).update(wish);
    }
    section.hidden = !rows.size;
    changed([...new Set(items.map(({ resource }) => resource))]);
    if (gone.length) unattended(served(), signal);
  }

  // Who may not see it any more is told its id, by their own clock.
  async function placeOf(id) {
    const unseen = { id, name: id, timezone: times.ownZone };
    return get(path`/v1/resources/${id}`, { signal }).then(({ data }) => data, () => unseen);
  }

  function row(wish) {
    const resource = places.get(wish.resource);
    const state = element("span", { class: "badge warn" });
    const when = whenOf({ ...wish, resource });
    const many = wish.units > 1 && element("span", { class: "soft" }, `${wish.units} places`);
    const link = element("a", { href: bookAddress(resource.id, { date: wish.date }) }, resource.name);
    const label = `Leave the line: ${resource.name}, ${when.textContent}`;
    const leaving = () => unattended(leave(wish, label), signal);
    const button = element("button", { type: "button", "aria-label": label, onclick: leaving }, "Leave the line");
    const made = element("li", {}, link, when, many, state, button);
    list.append(made);
    return { made, update: ({ place }) => write(state, place ? `Number ${place} in line` : "In line") };
  }

  function drop(id) {
    const { made } = rows.get(id);
    const hadFocus = made.contains(document.activeElement);
    rows.delete(id);
    made.remove();
    section.hidden = !rows.size;
    if (!hadFocus) return;
    if (section.hidden) away();
    else heading.focus();
  }

  async function leave({ id }, label) {
    trouble.replaceChildren();
    try {
      await remove(path`/v1/waitlist/${id}`, { signal });
      if (rows.has(id)) drop(id);
      tell(label.replace("Leave the line", "You left the line"));
      await look();
    } catch (error) {
      if (!signal.aborted) showRefusal(trouble, refusal(error));
    }
  }
}
