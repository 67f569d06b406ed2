// A board of cells: a stroke of a mouse, a pen or a finger inks them, or clears them if it begins on an inked one.
// With the keyboard: the arrows move a frame, the space bar inks or clears its cell.
function render({model, el}) {
  const [rows, columns, size] = ["rows", "columns", "size"].map(name => model.get(name));
  const board = document.createElement("canvas");
  board.width = columns * size; board.height = rows * size;
  board.tabIndex = 0; board.setAttribute("role", "application");
  board.style.cssText = "touch-action:none;cursor:crosshair;border:1px solid #7f7f7f";
  const paper = board.getContext("2d");
  let pen = null, last = null, held = [rows >> 1, columns >> 1];
  const draw = () => {
    paper.clearRect(0, 0, board.width, board.height);
    const ink = model.get("ink"), [row, column] = held;
    ink.forEach((on, i) => {
      paper.fillStyle = on ? model.get("colour") : "#a0a0a033";
      paper.fillRect((i % columns) * size + 0.5, Math.floor(i / columns) * size + 0.5, size - 1, size - 1);
    });
    if (board.matches(":focus-visible")) {
      paper.strokeStyle = "#7f7f7f"; paper.lineWidth = 2;
      paper.strokeRect(column * size, row * size, size, size);
    }
    const told = `row ${row + 1}, column ${column + 1}, ${ink[row * columns + column] ? "inked" : "empty"}`;
    board.setAttribute("aria-label", `a pad to draw on: arrows move, space inks; ${told}`);
  };
  const inked = cells => {
    const ink = [...model.get("ink")];
    for (const [row, column] of cells) {
      if (row < 0 || row >= rows || column < 0 || column >= columns) continue;
      if (pen === null) pen = 1 - ink[row * columns + column];
      ink[row * columns + column] = pen;
    }
    model.set("ink", ink); model.save_changes();
  };
  const under = event => {
    const box = board.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / box.width * columns);
    return [Math.floor((event.clientY - box.top) / box.height * rows), column];
  };
  const stroke = event => { // all cells between two reports of the pointer, however fast it was
    const here = under(event), from = last ?? here;
    const steps = Math.max(1, ...here.map((to, axis) => Math.abs(to - from[axis])));
    inked([...Array(steps + 1).keys()].map(k => from.map((at, axis) => Math.round(at + (here[axis] - at) * k / steps))));
    last = here;
    if (here.every((at, axis) => at >= 0 && at <= limits[axis])) held = here; // the keyboard goes on from here
  };
  const limits = [rows - 1, columns - 1], moves = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
  board.addEventListener("pointerdown", event => {
    board.setPointerCapture(event.pointerId); pen = last = null; stroke(event); board.focus(); event.preventDefault();
  });
  board.addEventListener("pointermove", event => { if (event.buttons) stroke(event); });
  board.addEventListener("keydown", event => {
    if (event.key in moves) {
      held = held.map((at, axis) => Math.min(Math.max(at + moves[event.key][axis], 0), limits[axis]));
    } else if (event.key === " ") {
      pen = null; inked([held]);
    } else return;
    draw(); event.preventDefault(); event.stopPropagation(); // the notebook has other uses for these keys
  });
  for (const event of ["focus", "blur"]) board.addEventListener(event, draw);
  model.on("change:ink", draw);
  draw();
  el.appendChild(board);
}
export default {render};
