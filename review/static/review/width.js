"use strict";
/* How wide a channel counts a text. */

const roomWidth = (() => {
  /* East Asian wide and full-width characters, as the server counts them; it has the last word. */
  const WIDE = new RegExp(
    "(?![\\u{1F1E6}-\\u{1F1FF}])[\\u1100-\\u115F\\u2E80-\\u303E\\u3041-\\uA4CF\\uA960-\\uA97F\\uAC00-\\uD7A3\\uF900-\\uFAFF" +
      "\\uFE10-\\uFE19\\uFE30-\\uFE6F\\uFF00-\\uFF60\\uFFE0-\\uFFE6\\u{1F200}-\\u{1F265}" +
      "\\u{20000}-\\u{3FFFD}\\p{Emoji_Presentation}]", "u");
  const SYMBOL = /\p{So}/u;

  /* X's rule: a web address counts 23; one picture counts two, and so does most that is not Latin-like. */
  const X_ADDRESS = new RegExp(
    "https?://\\S*[\\p{L}\\p{N}_/]|(?<![\\p{L}\\p{N}_.@])(?:[\\p{L}\\p{N}_-]+\\.)+" +
      "(?:com|net|org|io|app|shop|store|co\\.uk)(?![\\p{L}\\p{N}_])(?:/\\S*[\\p{L}\\p{N}_/])?", "giu");
  const X_PICTURE = "[\\u2190-\\u2BFF\\u{1F000}-\\u{1FAFF}]\\uFE0F?[\\u{1F3FB}-\\u{1F3FF}]?";
  const X_SEQUENCE = new RegExp(
    "[\\u{1F1E6}-\\u{1F1FF}]{2}|[0-9#*]\\uFE0F?\\u20E3|[\\u00A9\\u00AE]\\uFE0F|" +
      X_PICTURE + "[\\u{E0020}-\\u{E007F}]*(?:\\u200D" + X_PICTURE + ")*", "gu");
  const X_ONE = /[\u0000-\u10FF\u2000-\u200D\u2010-\u201F\u2032-\u2037]/u;

  function widthOnX(text) {
    let sum = 0;
    const rest = text
      .replace(X_ADDRESS, () => { sum += 23; return ""; })
      .replace(X_SEQUENCE, () => { sum += 2; return ""; });
    for (const char of rest) sum += X_ONE.test(char) ? 1 : 2;
    return sum;
  }

  return function width(text, unit) {
    const plain = text.replace(/\s+/g, " ").trim().normalize("NFC");
    if (unit === "x") return widthOnX(plain);
    let sum = 0;
    for (const char of plain) {
      const wide = unit !== "char" && WIDE.test(char);
      sum += wide || (unit === "weighted" && SYMBOL.test(char)) ? 2 : 1;
    }
    return sum;
  };
})();
