// Places: what there is to administer.

import { get } from "../api.js";
import { element } from "../dom.js";

export async function show(place, { signal }) {
  place.append(element("h1", {}, "Places"));
  const { data } = await get("/v1/resources?limit=100", { signal });
  const rows = data.items.map(({ id, name, kind }) =>
    element("li", { class: "card" }, element("h2", {}, name), element("p", { class: "soft" }, `${kind} · ${id}`)),
  );
  place.append(element("ul", { class: "cards" }, rows));
}
