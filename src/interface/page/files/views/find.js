// Find: what can be booked.

import { get } from "../api.js";
import { element } from "../dom.js";

export async function show(place, { signal }) {
  place.append(element("h1", {}, "Find a place"), element("p", { class: "soft", role: "status" }, "Loading …"));
  const { data } = await get("/v1/resources?limit=100", { signal });
  const cards = data.items.map((each) =>
    element("li", { class: "card" }, element("h2", {}, each.name), element("p", { class: "soft" }, each.kind)),
  );
  place.lastChild.remove();
  place.append(cards.length ? element("ul", { class: "cards" }, cards) : element("p", {}, "There is nothing to book yet."));
}
