// Small choices kept from visit to visit. A browser may refuse to keep anything; then they are made again.

export function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    /* chosen again next time */
  }
}
