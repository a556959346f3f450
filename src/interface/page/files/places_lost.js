// An edit that somebody else was faster with: what they changed, what of mine still stands, and one click for both.

import { element } from "./dom.js";
import { called, told } from "./places_definition.js";
import { differences, merged, valueAt } from "./places_merge.js";

/**
 * The panel. `base`: what both began with; `read()`: what is typed; `isRefused`: saving was tried; `adopt(result)`
 * takes theirs with mine in it, `drop()` takes theirs alone.
 */
export function lostEdit({ base, read, theirs, isRefused, adopt, drop }) {
  const mine = read();
  const { result, both } = merged(base, mine, theirs);
  const change = (path, from, to, note) =>
    element("li", {}, element("strong", {}, called(path)), `: ${told(path, from)} → ${told(path, to)}`, note);
  const changes = differences(base, theirs).map((path) => {
    const typed = ` You typed ${told(path, valueAt(mine, path))}.`;
    const note = both.includes(path) && element("span", { class: "both" }, typed);
    return change(path, valueAt(base, path), valueAt(theirs, path), note);
  });
  const kept = differences(theirs, result).map((path) => change(path, valueAt(theirs, path), valueAt(result, path)));
  const adoptMine = () => adopt(merged(base, read(), theirs).result); // with what was typed since
  const ours = isRefused ? "Save mine on top of theirs" : "Put mine on top of theirs";
  return element(
    "section",
    { class: "refusal", tabindex: "-1", role: "alert" },
    element("h2", {}, "Somebody else changed this place meanwhile"),
    element("p", {}, `${isRefused ? "So yours was not saved yet. " : ""}What you typed is still here. They changed:`),
    element("ul", { class: "their-changes" }, changes),
    element("p", {}, "With yours on top, this would change:"),
    element("ul", { class: "their-changes" }, kept),
    element(
      "p",
      { class: "actions" },
      element("button", { type: "button", class: "main", onclick: adoptMine }, ours),
      element("button", { type: "button", onclick: drop }, "Drop mine, take theirs"),
    ),
  );
}
