/**
 * Whether the browser alters what pages read from a canvas, as Brave and Firefox do against tracking. A
 * picture made from a canvas would be wrong then, without any error.
 */
export function isScrambled(): boolean {
  const side = 32;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const pen = canvas.getContext("2d");
  if (!pen) return true;
  const drawn = pen.createImageData(side, side);
  for (let at = 0; at < drawn.data.length; at++)
    drawn.data[at] = at % 4 === 3 ? 255 : (at * 37) % 256;
  pen.putImageData(drawn, 0, 0);
  const read = pen.getImageData(0, 0, side, side).data;
  return drawn.data.some((value, at) => value !== read[at]);
}
