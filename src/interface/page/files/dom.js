// Building elements. Texts are texts: the document's policy refuses every way to make markup from strings.

const isThere = (value) => value !== false && value !== null && value !== undefined;

/**
 * An element with attributes and children. An attribute that is a function listens (`{onclick: ...}`); one that is
 * false, null or undefined is left out; true is there without a value. Children that are null or false are left out.
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key.replace(/^on/, ""), value);
    else if (isThere(value)) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter(isThere));
  return made;
}
