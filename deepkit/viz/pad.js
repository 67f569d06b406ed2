// A board of cells: a stroke of a mouse, a pen or a finger inks them, or clears them if it begins on an inked one.
function render({model, el}) {
  const [rows, columns, size] = ["rows", "columns", "size"].map(name => model.get(name));
  const board = document.createElement("canvas");
  board.width = columns * size; board.height = rows * size;
  board.tabIndex = 0; board.setAttribute("role", "img"); board.setAttribute("aria-label", "a pad to draw on");
  board.style.cssText = "touch-action:none;cursor:crosshair;border:1px solid #7f7f7f";
  const paper = board.getContext("2d");
  let pen = null;
  const draw = () => {
    paper.clearRect(0, 0, board.width, board.height);
    model.get("ink").forEach((on, i) => {
      paper.fillStyle = on ? model.get("colour") : "#a0a0a033";
      paper.fillRect((i % columns) * size + 0.5, Math.floor(i / columns) * size + 0.5, size - 1, size - 1);
    });
  };
  const touch = event => {
    const box = board.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / box.width * columns);
    const row = Math.floor((event.clientY - box.top) / box.height * rows);
    if (column < 0 || column >= columns || row < 0 || row >= rows) return;
    const ink = [...model.get("ink")], i = row * columns + column;
    if (pen === null) pen = 1 - ink[i];
    if (ink[i] === pen) return;
    ink[i] = pen;
    model.set("ink", ink); model.save_changes();
  };
  board.addEventListener("pointerdown", event => {
    board.setPointerCapture(event.pointerId); pen = null; touch(event); event.preventDefault();
  });
  board.addEventListener("pointermove", event => { if (event.buttons) touch(event); });
  model.on("change:ink", draw);
  draw();
  el.appendChild(board);
}
export default {render};
