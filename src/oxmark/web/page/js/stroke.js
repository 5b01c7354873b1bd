// A stroke is {width, grey, points: [{x, y, w}]}: a smooth curve through the middles between the points, as
// thick as width times the points' w.

/** Draw one onto a canvas's context. */
export function drawStroke(context, stroke) {
  const colour = `rgb(${stroke.grey} ${stroke.grey} ${stroke.grey})`;
  if (stroke.points.length > 1 && isEven(stroke.points)) drawEven(context, stroke, colour);
  else drawPressed(context, stroke, colour);
}

function isEven(points) {
  return points.every((point) => point.w === points[0].w);
}

function middle(one, other) {
  return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2, w: (one.w + other.w) / 2 };
}

function drawEven(context, { points, width }, colour) {
  context.lineCap = "round";
  context.lineJoin = "round";
  context.lineWidth = width * points[0].w;
  context.strokeStyle = colour;
  context.beginPath();
  context.moveTo(points[0].x, points[0].y);
  for (let index = 1; index < points.length - 1; index++) {
    const end = middle(points[index], points[index + 1]);
    context.quadraticCurveTo(points[index].x, points[index].y, end.x, end.y);
  }
  context.lineTo(points.at(-1).x, points.at(-1).y);
  context.stroke();
}

/**
 * Where the pressure changes: discs along the curve and what lies between them, filled at once, so that the
 * edge is as smooth as that of an even stroke.
 */
function drawPressed(context, { points, width }, colour) {
  const discs = along(points).map(({ x, y, w }) => ({ x, y, radius: (width * w) / 2 }));
  context.fillStyle = colour;
  context.beginPath();
  discs.forEach((disc, index) => {
    context.moveTo(disc.x + disc.radius, disc.y);
    context.arc(disc.x, disc.y, disc.radius, 0, 2 * Math.PI);
    if (index) bridge(context, discs[index - 1], disc);
  });
  context.fill();
}

/** The four corners between two discs, always the same way round as the discs themselves. */
function bridge(context, from, to) {
  const far = Math.hypot(to.x - from.x, to.y - from.y);
  if (!far) return;
  const x = (to.y - from.y) / far;
  const y = (from.x - to.x) / far;
  context.moveTo(from.x + x * from.radius, from.y + y * from.radius);
  context.lineTo(to.x + x * to.radius, to.y + y * to.radius);
  context.lineTo(to.x - x * to.radius, to.y - y * to.radius);
  context.lineTo(from.x - x * from.radius, from.y - y * from.radius);
  context.closePath();
}

/** Places on the curve, about two units apart. */
function along(points) {
  const found = [points[0]];
  for (let index = 1; index < points.length; index++) {
    const here = points[index];
    const start = found.at(-1);
    const end = index + 1 < points.length ? middle(here, points[index + 1]) : here;
    const steps = Math.max(1, Math.ceil(Math.hypot(end.x - start.x, end.y - start.y) / 2));
    for (let step = 1; step <= steps; step++) found.push(between(start, here, end, step / steps));
  }
  return found;
}

/** A place on the quadratic curve from start to end that is drawn towards `towards`. */
function between(start, towards, end, t) {
  const mix = (a, b, c) => (1 - t) * (1 - t) * a + 2 * t * (1 - t) * b + t * t * c;
  return {
    x: mix(start.x, towards.x, end.x),
    y: mix(start.y, towards.y, end.y),
    w: mix(start.w, towards.w, end.w),
  };
}
