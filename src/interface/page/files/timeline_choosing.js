// Choosing on a timeline: by dragging with a mouse, by two taps, or by keys (arrows walk, Shift stretches, Enter
// begins and ends). Within what is chosen, a tap or Enter leaves it so; elsewhere it begins anew.

/**
 * Listens on `grid`. `rows()`: what is drawn; `cellAt(resource, number)`; `selected()`: the chosen interval or null;
 * `wish(resource, anchor, number, isOver)`: what is chosen next, from one slot's number to another's. Answers `stop()`.
 */
export function choosing(grid, { rows, cellAt, selected, wish }) {
  let anchor = null; // {resource, number}: where an interval begins that may still be stretched
  let isDragging = false;
  grid.addEventListener("keydown", onKey);
  grid.addEventListener("pointerdown", onDown);
  grid.addEventListener("pointerover", onOver);
  grid.addEventListener("click", onClick);
  window.addEventListener("pointerup", onUp);
  return () => window.removeEventListener("pointerup", onUp);

  function toCell(to, isOver = true) {
    if (anchor?.resource !== to.resource) anchor = to;
    wish(to.resource, anchor.number, to.number, isOver);
  }

  function onDown(event) {
    const at = cellOf(event.target);
    if (!at || event.pointerType !== "mouse" || event.button !== 0) return;
    isDragging = true;
    anchor = at;
    toCell(at, false);
  }

  function onOver(event) {
    const at = cellOf(event.target);
    if (isDragging && at && at.resource === anchor.resource) toCell(at, false);
  }

  function onUp() {
    if (!isDragging) return;
    isDragging = false;
    const { resource, from, to } = selected() ?? {};
    if (!resource) return toCell(anchor);
    wish(resource, anchor.number === to ? to : from, anchor.number === to ? from : to, true);
  }

  function onClick(event) {
    const at = cellOf(event.target);
    if (at && event.pointerType !== "mouse") byTwo(at);
  }

  // The first tap or Enter begins; the second one, elsewhere in the same row, ends; then it begins anew.
  function byTwo(at) {
    const chosen = selected();
    const isOne = chosen && chosen.from === chosen.to && chosen.resource === at.resource;
    const isStretched = chosen && !isOne && chosen.resource === at.resource && anchor?.resource === at.resource;
    const isWithin = isStretched && chosen.from <= at.number && at.number <= chosen.to;
    if (isWithin) return; // Enter takes what Shift has stretched
    if (!isOne || anchor?.number === at.number) anchor = at;
    toCell(at);
  }

  function onKey(event) {
    const at = cellOf(event.target);
    if (!at) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      return byTwo(at);
    }
    const to = neighbour(at, event.key);
    if (!to) return;
    event.preventDefault();
    walkTo(to);
    if (!event.shiftKey) return;
    if (!selected() || anchor?.resource !== to.dataset.resource) anchor = at;
    toCell(cellOf(to));
  }

  function neighbour({ resource, number }, key) {
    const along = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (along) return cellAt(resource, number + along);
    const at = rows().findIndex((row) => row.resource.id === resource);
    const { slots } = rows()[at];
    if (key === "Home") return cellAt(resource, 0);
    if (key === "End") return cellAt(resource, slots.length - 1);
    const across = { ArrowDown: 1, ArrowUp: -1 }[key];
    const row = across && rows()[at + across];
    if (!row?.slots.length) return null;
    const near = row.slots.findIndex(({ start }) => start >= slots[number].start);
    return cellAt(row.resource.id, near < 0 ? row.slots.length - 1 : near);
  }

  function walkTo(cell) {
    for (const each of grid.querySelectorAll("[tabindex='0']")) each.tabIndex = -1;
    cell.tabIndex = 0;
    cell.focus();
  }
}

function cellOf(target) {
  const cell = target.closest?.(".cell");
  return cell && { resource: cell.dataset.resource, number: Number(cell.dataset.number) };
}
