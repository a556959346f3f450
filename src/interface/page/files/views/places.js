// Places: what there is. Each of them is a form.

import { get } from "../api.js";
import { element } from "../dom.js";
import { everything } from "../lists.js";
import { path } from "../paths.js";
import { styled } from "../styles.js";
import { facts } from "./place_facts.js";
import { edit } from "./places_edit.js";

export async function show(place, context) {
  await styled("places.css");
  const id = context.path.split("/")[2];
  if (!id) return list(place, context);
  if (id === "+") return edit(place, { ...context, id: null });
  try {
    return await edit(place, { ...context, id });
  } catch (error) {
    if (error.status !== 404 || context.signal.aborted) throw error;
    return nowhere(place, context);
  }
}

function nowhere(place, { title }) {
  title("No such place");
  const all = element("a", { class: "button main", href: "/places" }, "All places");
  const heading = element("h1", { tabindex: "-1" }, "There is no such place");
  place.replaceChildren(heading, element("p", { class: "actions" }, all));
}

async function list(place, { query, signal }) {
  const progress = element("p", { class: "soft", role: "status" }, "Loading …");
  const add = element("a", { class: "button main", href: "/places/+" }, "Add a place");
  place.append(element("div", { class: "between" }, element("h1", { tabindex: "-1" }, "Places"), add), progress);
  const [{ items }, gone] = await Promise.all([everything("/v1/resources?", signal), retired(query, signal)]);
  const cards = items.map((each) => {
    const link = element("a", { class: "whole", href: `/places/${each.id}` }, each.name);
    return element("li", { class: "card place-card" }, element("h2", {}, link), facts(each));
  });
  progress.replaceWith(
    gone && element("p", { class: "said", role: "status" }, `${gone.name} is retired. What is booked there stands.`),
    cards.length ? element("ul", { class: "cards" }, cards) : element("p", {}, "There are none yet."),
  );
}

// The one that was retired just now: the address names it, and is believed only when it is so.
async function retired(query, signal) {
  if (!query.has("retired")) return "";
  try {
    const { data } = await get(path`/v1/resources/${query.get("retired")}`, { signal });
    return data.retired ? data : "";
  } catch {
    return "";
  }
}
