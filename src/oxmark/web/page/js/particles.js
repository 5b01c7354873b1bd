// Korean particles that depend on the sound before them: "민아가", "철민이"; "산으로", "물로", "바다로".
//
// withParticle("세모", "을(를)")   "세모를"; where the sound is not known, both: "※을(를)"

const FORMS = {
  "을(를)": ["을", "를"],
  "은(는)": ["은", "는"],
  "이(가)": ["이", "가"],
  "과(와)": ["과", "와"],
  "(으)로": ["으로", "로"],
};
const NONE = 0;
const RIEUL = 8; // the final consonant ㄹ among the 28 of a syllable
const OTHER = 1;
// 영 일 이 삼 사 오 육 칠 팔 구
const DIGITS = [OTHER, RIEUL, NONE, OTHER, NONE, NONE, OTHER, RIEUL, RIEUL, NONE];
const LETTERS = { l: RIEUL, m: OTHER, n: OTHER, r: RIEUL }; // 엘 엠 엔 알; the others end in a vowel
const SIGNS = {
  "○": NONE, // 동그라미
  "×": NONE, // 엑스
  "△": NONE, // 세모
  "□": NONE, // 네모
  "◇": NONE, // 마름모
  "☆": RIEUL, // 별
  "★": RIEUL,
  "%": NONE, // 퍼센트
};

/** The particles as the sentences write them, for a regular expression. */
export const PARTICLES = Object.keys(FORMS)
  .map((one) => one.replace(/[()]/g, "\\$&"))
  .join("|");

export function withParticle(word, particle) {
  const final = finalOf(word);
  if (final === null) return word + particle;
  const [closed, open] = FORMS[particle];
  const isOpen = final === NONE || (final === RIEUL && particle === "(으)로");
  return word + (isOpen ? open : closed);
}

/** The final consonant of how a word is read; null where that cannot be told. */
function finalOf(word) {
  const last = [...word.normalize("NFC").replace(/[\s'"’”)\]]+$/u, "")].at(-1) ?? "";
  if (last >= "가" && last <= "힣") return (last.codePointAt(0) - 0xac00) % 28;
  if (/[0-9]/.test(last)) return DIGITS[Number(last)];
  if (last in SIGNS) return SIGNS[last];
  const spelt = /(?:^|[^A-Za-z])[A-Z]+$/.test(word) || /^[A-Za-z]$/.test(word); // read letter by letter
  return spelt ? (LETTERS[last.toLowerCase()] ?? NONE) : null;
}
