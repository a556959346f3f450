// Who waits on the day that the desk looks at: by place, in the order of their coming.

import { remove } from "./api.js";
import { write } from "./changing.js";
import { element } from "./dom.js";
import { whenOf } from "./line_join.js";
import { path } from "./paths.js";
import { refusal, showRefusal } from "./refusals.js";
import { unattended } from "./unattended.js";

/**
 * Fills `section`, which is hidden while nobody waits. `who`: people, as the desk knows them; `took(text)`: somebody
 * was taken out of the line. Answers `update(places, wishes)`: the places that are shown, and who waits, in order.
 * What stands there already stays the same element: somebody may have the focus in it.
 */
export function deskLine(section, { who, took, signal }) {
  const heading = element("h2", { tabindex: "-1" });
  const trouble = element("div", {});
  const groups = element("div", {});
  const rows = new Map(); // by wish
  section.append(heading, trouble, groups);
  return update;

  function update(places, wishes) {
    const shown = places.filter(({ id }) => wishes.some(({ resource }) => resource === id));
    const here = wishes.filter(({ resource }) => shown.some(({ id }) => id === resource));
    const is = new Set(here.map(({ id }) => id));
    const hadFocus = groups.contains(document.activeElement) ? document.activeElement : null;
    for (const id of rows.keys()) if (!is.has(id)) rows.delete(id);
    for (const wish of here) {
      if (!rows.has(wish.id)) rows.set(wish.id, row(wish, shown.find(({ id }) => id === wish.resource)));
      rows.get(wish.id).update(wish);
    }
    write(heading, `In line (${here.length})`);
    section.hidden = !here.length;
    const sign = JSON.stringify(shown.map(({ id, name }) => [id, name, [...is]]));
    // Making the groups moves the rows into them, so that is done only if they are shown then.
    if (sign !== groups.dataset.sign) groups.replaceChildren(...shown.flatMap((place) => group(place, here)));
    groups.dataset.sign = sign;
    if (!hadFocus || document.activeElement === hadFocus) return;
    if (hadFocus.isConnected) hadFocus.focus();
    else if (here.length) heading.focus();
    else section.parentElement.querySelector("h1").focus();
  }

  function group({ id, name }, here) {
    const list = element("ol", { class: "rows", "aria-labelledby": `line-${id}` });
    list.append(...here.filter(({ resource }) => resource === id).map((wish) => rows.get(wish.id).made));
    return [element("h3", { id: `line-${id}` }, name), list];
  }

  function row(wish, resource) {
    const name = element("strong", {});
    const state = element("span", { class: "badge warn" });
    const many = wish.units > 1 && element("span", { class: "soft" }, `${wish.units} places`);
    const button = element("button", { type: "button" }, "Take out of the line");
    button.addEventListener("click", () => unattended(takeOut(wish, resource, button), signal));
    const made = element("li", {}, name, whenOf({ ...wish, resource }), many, state, button);
    return { made, update: say };

    function say(next) {
      write(name, who.nameOf(next));
      write(state, next.place ? `Number ${next.place} in line` : "In line");
      button.setAttribute("aria-label", `Take out of the line: ${who.nameOf(next)}, ${resource.name}`);
    }
  }

  async function takeOut(wish, resource, button) {
    trouble.replaceChildren();
    button.setAttribute("aria-busy", "true");
    try {
      await remove(path`/v1/waitlist/${wish.id}`, { signal });
      await took(`${resource.name}, ${who.nameOf(wish)}: taken out of the line.`);
    } catch (error) {
      if (!signal.aborted) showRefusal(trouble, refusal(error));
    } finally {
      button.removeAttribute("aria-busy");
    }
  }
}
