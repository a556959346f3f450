// Changing what is shown, and only where it is different: whoever reads it or has the focus there is left alone.

/** The text of an element. */
export function write(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

/** Say something that has just happened; `isBad`: nobody would be glad of it, and it does not look as if they were. */
export function say(place, text, isBad = false) {
  place.classList.toggle("bad", isBad);
  place.textContent = text;
}

/** Whether a button does anything. It can be reached all the same, so that one hears what it says. */
export function disable(button, isDisabled) {
  if (isDisabled) button.setAttribute("aria-disabled", "true");
  else button.removeAttribute("aria-disabled");
}

/** Show that something has changed just now. */
export function flash(changed) {
  changed.classList.remove("changed");
  void changed.offsetWidth; // so that it begins anew
  changed.classList.add("changed");
}
