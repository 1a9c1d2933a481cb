// GLSL that the passes share.
//
// Names: `photo` is the source picture as light, `encodedPhoto` as code values, a *cell* a pixel of
// the (smaller) grid on which blur is gathered, a *tile* a block of TILE × TILE cells. Light is
// linear everywhere between the photo and the screen. Radii are signed, positive in front of the
// focal plane.

// Radius in cells under which a sample stays with the sharp picture; it has left it at twice that.
export const SHARP_CELLS = 0.35;

/** Radius in photo pixels at which nothing of a pixel's own sharp picture is left. */
export const gonePx = (cellPx) => Math.max(1, 0.7 * cellPx);

/** The part of that up to which a pixel is the photo's own. */
export const KEPT = 0.25;

// All that is drawn: rectangles of a picture.
export const VERTEX = `#version 300 es
in vec4 run;                    // left, top, right, bottom in steps
uniform vec2 runStep;           // one step as a fraction of the picture
uniform vec2 extent;            // of what is drawn into, which may be larger than the picture
uniform float upright;          // -1 turns it upside down
out vec2 at;                    // fraction of the picture from its upper left corner
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  at = min(mix(run.xy, run.zw, corner) * runStep, extent);
  gl_Position = vec4((at / extent * 2.0 - 1.0) * vec2(1.0, upright), 0.0, 1.0);
}`;

export const HEADER = `#version 300 es
precision highp float;
precision highp sampler2D;
in vec2 at;
`;

// Signed blur radius in pixels of the source picture: defocus.optics.radius_px.
export const RADIUS = `
uniform sampler2D depth;        // disparity, weight of the subject
uniform float planeDisparity, planeRange, gain, foreground, holdsSubject;

float radiusOf(vec2 depthAndSubject) {
  float offset = depthAndSubject.x - planeDisparity;
  offset = sign(offset) * max(abs(offset) - 0.5 * planeRange, 0.0);
  float radius = offset * gain * (offset > 0.0 ? foreground : 1.0);
  return radius * (1.0 - holdsSubject * depthAndSubject.y);
}
`;
