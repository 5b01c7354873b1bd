// Hangul and other scripts are put together from several keys; until a syllable is done, Enter and Escape
// belong to the input method.

export function isTogether(event) {
  return event.isComposing || event.keyCode === 229;
}
