// Names of the API, for people.

/** `sports-ground` is `Sports ground`. */
export function spelled(name) {
  const words = name.replaceAll(/[-_]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `Oak 12, Oak 14 and Beamer`. */
export const listed = (names) => new Intl.ListFormat("en-GB").format(names);
