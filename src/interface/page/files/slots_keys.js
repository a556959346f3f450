// The arrow keys go from one button to the next, as they lie on the screen; one of them can be reached by Tab.

/** What listens to the keys of a list: `all()` answers its buttons, in order. */
export function walking(all) {
  return (event) => {
    const buttons = all();
    const at = buttons.indexOf(event.target.closest("button"));
    const to = at < 0 ? undefined : target(buttons, at, event.key);
    if (!to) return;
    event.preventDefault();
    for (const each of buttons) each.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  };
}

function target(buttons, at, key) {
  if (key === "ArrowRight") return buttons[at + 1];
  if (key === "ArrowLeft") return buttons[at - 1];
  if (key === "Home") return buttons[0];
  if (key === "End") return buttons.at(-1);
  const way = { ArrowDown: 1, ArrowUp: -1 }[key];
  if (!way) return undefined;
  const here = buttons[at].getBoundingClientRect();
  const ahead = way > 0 ? buttons.slice(at + 1) : buttons.slice(0, at).reverse();
  return ahead.find((each) => {
    const there = each.getBoundingClientRect();
    return (there.top - here.top) * way > 1 && there.left < here.right && there.right > here.left;
  });
}
