// A smooth line through points that never rises above or falls below them between two of them
// (cubic Hermite with the slopes of Fritsch and Carlson).

/** The `d` of an SVG path through points {x, y}, x growing. */
export function smoothPath(points) {
  if (!points.length) return "";
  const write = (value) => Math.round(100 * value) / 100;
  const [first] = points;
  const slopes = tangents(points);
  let d = `M${write(first.x)} ${write(first.y)}`;
  for (let i = 0; i + 1 < points.length; i++) {
    const [from, to] = [points[i], points[i + 1]];
    const third = (to.x - from.x) / 3;
    const one = [from.x + third, from.y + slopes[i] * third];
    const other = [to.x - third, to.y - slopes[i + 1] * third];
    d += `C${[...one, ...other, to.x, to.y].map(write).join(" ")}`;
  }
  return d;
}

function tangents(points) {
  const rise = points.slice(1).map((to, i) => (to.y - points[i].y) / Math.max(to.x - points[i].x, 1e-9));
  return points.map((_, i) => {
    const before = rise[i - 1];
    const after = rise[i];
    if (before === undefined || after === undefined) return before ?? after ?? 0;
    if (before * after <= 0) return 0;
    return (2 * before * after) / (before + after);
  });
}
