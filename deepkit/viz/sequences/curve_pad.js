// A sheet with a curve that is drawn by hand, and how somebody goes on with it.
// With the keyboard: left and right move along the curve, up and down lift and lower it there.
function render({model, el}) {
  const sheet = document.createElement("canvas"), [wide, tall] = [model.get("wide"), model.get("tall")];
  sheet.width = wide; sheet.height = tall; sheet.tabIndex = 0; sheet.setAttribute("role", "application");
  sheet.style.cssText = "touch-action:none;cursor:crosshair;border:1px solid #7f7f7f;box-sizing:border-box;max-width:100%";
  const paper = sheet.getContext("2d"), count = () => model.get("values").length;
  const columns = () => model.get("columns"), across = k => (k + 0.5) * wide / columns(), down = value => (0.5 - 0.46 * value) * tall;
  let curve = [...model.get("values")], last = null, held = count() >> 1;
  const line = (first, values, colour, dashes) => {
    paper.strokeStyle = colour; paper.lineWidth = 2.5; paper.setLineDash(dashes); paper.beginPath();
    values.forEach((value, k) => paper.lineTo(across(first + k), down(value)));
    paper.stroke(); paper.setLineDash([]);
  };
  const draw = () => {
    paper.clearRect(0, 0, wide, tall);
    paper.fillStyle = "#7f7f7f22"; paper.fillRect(0, 0, count() * wide / columns(), tall);
    line(0, Array(columns()).fill(0), "#7f7f7f55", []);
    const [truth, ahead, end] = [model.get("truth"), model.get("ahead"), curve[curve.length - 1]];
    if (truth.length) line(count() - 1, [end, ...truth], "#7f7f7f", [3, 4]);
    if (last === null) line(count() - 1, [end, ...ahead], model.get("colours")[1], []);
    line(0, curve, model.get("colours")[0], []);
    if (sheet.matches(":focus-visible")) {
      paper.strokeStyle = "#7f7f7f"; paper.lineWidth = 2;
      paper.strokeRect(across(held) - 6, down(curve[held]) - 6, 12, 12);
    }
    const told = `point ${held + 1} of ${count()} at ${curve[held].toFixed(2)}`;
    sheet.setAttribute("aria-label", `a curve to draw: left and right move, up and down lift and lower; ${told}`);
  };
  const keep = () => { model.set("truth", []); model.set("values", [...curve]); model.save_changes(); };
  const under = event => {
    const box = sheet.getBoundingClientRect();
    const value = (0.5 - (event.clientY - box.top) / box.height) / 0.46;
    return [Math.floor((event.clientX - box.left) / box.width * columns()), Math.min(1, Math.max(-1, value))];
  };
  const stroke = event => { // all columns between two reports of the pointer, however fast it was
    const [to, high] = under(event), [from, low] = last ?? [to, high], steps = Math.max(1, Math.abs(to - from));
    for (let k = 0; k <= steps; k++) {
      const column = Math.round(from + (to - from) * k / steps);
      if (column >= 0 && column < count()) curve[column] = low + (high - low) * k / steps;
    }
    last = [to, high]; held = Math.min(Math.max(to, 0), count() - 1); draw();
  };
  sheet.addEventListener("pointerdown", event => {
    sheet.setPointerCapture(event.pointerId); stroke(event); sheet.focus(); event.preventDefault();
  });
  sheet.addEventListener("pointermove", event => { if (event.buttons && last !== null) stroke(event); });
  for (const event of ["pointerup", "pointercancel"]) {
    sheet.addEventListener(event, () => { if (last !== null) { last = null; keep(); draw(); } });
  }
  const moves = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1]};
  sheet.addEventListener("keydown", event => {
    if (!(event.key in moves)) return;
    const [along, up] = moves[event.key];
    held = Math.min(Math.max(held + along, 0), count() - 1);
    if (up) { curve[held] = Math.min(1, Math.max(-1, curve[held] + up)); keep(); }
    draw(); event.preventDefault(); event.stopPropagation(); // the notebook has other uses for these keys
  });
  for (const event of ["focus", "blur"]) sheet.addEventListener(event, draw);
  model.on("change:values", () => { curve = [...model.get("values")]; draw(); });
  for (const name of ["ahead", "truth", "columns"]) model.on(`change:${name}`, draw);
  draw();
  el.appendChild(sheet);
}
export default {render};
