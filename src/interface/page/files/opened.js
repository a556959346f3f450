// A box that is filled when it is first opened, by a part of the page that comes only then.

import { element } from "./dom.js";
import { refusal } from "./refusals.js";
import { unattended } from "./unattended.js";

const MISSING = "This part did not load. Please close it and open it again.";

/** `load()` brings the part; its `content(signal)` answers what goes into the box, or raises Problem. */
export function openedLater(title, load, signal) {
  const inside = element("div", {});
  const box = element("details", { class: "opened", ontoggle: () => unattended(opened(), signal) });
  let isFilled = false;
  box.append(element("summary", {}, title), inside);
  return box;

  // Whoever opens it again, after something went wrong, asks again.
  async function opened() {
    if (!box.open || isFilled) return;
    isFilled = true;
    const part = await load().catch(() => null);
    try {
      inside.replaceChildren(...(part ? await part.content(signal) : [element("p", { role: "alert" }, MISSING)]));
      isFilled = part !== null;
    } catch (error) {
      isFilled = false;
      if (signal.aborted) throw error;
      inside.replaceChildren(refusal(error));
    }
  }
}
