// The document has the style sheets of the view that it was made for; who comes from another one gets them here.

import { element } from "./dom.js";

export function styled(...names) {
  return Promise.all(names.map((name) => sheet(new URL(name, import.meta.url).href)));
}

function sheet(href) {
  if ([...document.styleSheets].some((each) => each.href === href)) return null;
  const link = element("link", { rel: "stylesheet", href });
  const loaded = new Promise((resolve) => {
    link.addEventListener("load", resolve);
    link.addEventListener("error", resolve); // it can be read without
  });
  document.head.append(link);
  return loaded;
}
