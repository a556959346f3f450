// A date that one is asked for: where it says today, it goes on with the next day while the page stays open.

/**
 * `field`: an input of a date; `today()`: the date where it counts. Answers what is to be called now and then: it
 * answers whether the field says another date since. Whoever is at the field may be typing one, and is left alone.
 */
export function goingOn(field, today) {
  let day = today();
  return () => {
    const isOver = field.value === day && day < today();
    if (isOver && field === document.activeElement) return false;
    day = today();
    if (isOver) field.value = day;
    return isOver;
  };
}
