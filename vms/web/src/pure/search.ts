/** Finds by number and by words of the name, accents and case aside. Pure. */

export function found<T extends { readonly name: string; readonly number?: number }>(
  items: readonly T[],
  text: string,
): T[] {
  const words = plain(text).split(/\s+/).filter((word) => word !== "");
  return items.filter(({ name, number }) => {
    const own = `${number ?? ""} ${plain(name)}`;
    return words.every((word) => (/^\d+$/.test(word) ? String(number) === word || own.includes(word) : own.includes(word)));
  });
}

function plain(text: string): string {
  return text.normalize("NFKD").replace(/\p{Diacritic}/gu, "").toLowerCase();
}
