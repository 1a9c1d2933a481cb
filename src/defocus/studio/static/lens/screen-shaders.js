// GLSL of the passes that make the picture on the screen.

import { HEADER, KEPT, RADIUS } from "./glsl.js";

const ENCODE = `
vec3 encode(vec3 light) {
  vec3 v = clamp(light, 0.0, 1.0);
  return mix(12.92 * v, 1.055 * pow(max(v, 1e-6), vec3(1.0 / 2.4)) - 0.055, step(0.0031308, v));
}
`;

// Blurred cells → what a pixel without anything sharp shows, already encoded, so that the screen's
// many pixels need little work. Alpha: whether something blurred lies before.
export const ENCODE_CELLS = `${HEADER}${ENCODE}
uniform sampler2D behindCells, beforeCells;
uniform int smoothing;          // reach of a small tent, for where few points were gathered
layout(location = 0) out vec4 encoded;
layout(location = 1) out vec4 behindOut;
layout(location = 2) out vec4 beforeOut;
void main() {
  ivec2 here = ivec2(gl_FragCoord.xy);
  ivec2 last = textureSize(behindCells, 0) - 1;
  behindOut = vec4(0.0);
  beforeOut = vec4(0.0);
  for (int j = -smoothing; j <= smoothing; j++) {
    for (int i = -smoothing; i <= smoothing; i++) {
      float weight = (i == 0 ? 2.0 : 1.0) * (j == 0 ? 2.0 : 1.0);
      ivec2 from = clamp(here + ivec2(i, j), ivec2(0), last);
      behindOut += weight * texelFetch(behindCells, from, 0);
      beforeOut += weight * texelFetch(beforeCells, from, 0);
    }
  }
  float total = smoothing == 0 ? 4.0 : 16.0;
  behindOut /= total;
  beforeOut /= total;
  // Where nothing is known to lie behind, what lies before fills the cell.
  vec4 behind = behindOut.a > 1e-3 ? behindOut : beforeOut;
  vec3 light = beforeOut.rgb + behind.rgb / max(behind.a, 1e-4) * (1.0 - beforeOut.a);
  encoded = vec4(encode(light), step(1e-3, beforeOut.a));
}`;

const PHOTO_AT = `
uniform sampler2D encodedPhoto;
uniform vec2 photoSize;
uniform bool oneToOne;          // the screen has a pixel for each of the photo
uniform float shrunk;           // else this power of two fewer

vec3 photoAt(vec2 at) {
  if (oneToOne) return texelFetch(encodedPhoto, ivec2(at * photoSize), 0).rgb;
  return textureLod(encodedPhoto, at, shrunk).rgb;
}
`;

// Where all is in focus: the photo.
export const KEPT_PHOTO = `${HEADER}${PHOTO_AT}
out vec4 colour;
void main() {
  colour = vec4(photoAt(at), 1.0);
}`;

// Where nothing is: the blurred cells.
export const GONE_PHOTO = `${HEADER}
uniform sampler2D encodedCells;
uniform vec2 cellExtent;        // of the cells, as a fraction of the picture
out vec4 colour;
void main() {
  colour = vec4(textureLod(encodedCells, at / cellExtent, 0.0).rgb, 1.0);
}`;

// Where both meet, and for overlays: each pixel decides.
export const COMPOSITE = `${HEADER}${RADIUS}${ENCODE}${PHOTO_AT}
uniform sampler2D photo, encodedCells, behindCells, beforeCells, alphaMatte;
uniform vec2 cellExtent;
uniform float hasMatte;
uniform float gonePx;           // radius at which the sharp picture has gone
uniform int overlay;            // 0 none, 1 disparity, 2 focus peaking
out vec4 colour;

// Turbo (Mikhailov 2019), polynomial fit.
vec3 turbo(float x) {
  x = clamp(x, 0.0, 1.0);
  vec4 v4 = vec4(1.0, x, x * x, x * x * x);
  vec2 v2 = v4.zw * v4.z;
  return vec3(
    dot(v4, vec4(0.13572138, 4.61539260, -42.66032258, 132.13108234)) +
      dot(v2, vec2(-152.94239396, 59.28637943)),
    dot(v4, vec4(0.09140261, 2.19418839, 4.84296658, -14.18503333)) +
      dot(v2, vec2(4.27729857, 2.82956604)),
    dot(v4, vec4(0.10667330, 12.64194608, -60.58204836, 110.36276771)) +
      dot(v2, vec2(-89.90310912, 27.34824973)));
}

float luma(vec2 at) {
  return dot(texture(encodedPhoto, at).rgb, vec3(0.3, 0.6, 0.1));
}

vec3 withOverlay(vec3 encoded, float radius) {
  if (overlay == 1) {
    float disparity = texture(depth, at).r;
    vec3 tint = mix(vec3(luma(at)), turbo(disparity), 0.72);
    return abs(radius) < 0.5 ? mix(tint, vec3(1.0), 0.18) : tint;
  }
  vec2 px = 1.5 / photoSize;
  float edge = abs(luma(at + vec2(px.x, 0.0)) - luma(at - vec2(px.x, 0.0))) +
               abs(luma(at + vec2(0.0, px.y)) - luma(at - vec2(0.0, px.y)));
  float marked = smoothstep(0.08, 0.2, edge) * (1.0 - smoothstep(0.4, 1.0, abs(radius)));
  return mix(encoded, vec3(1.0, 0.62, 0.16), marked);
}

// Sharp and blurred meet in this pixel: mixed as light.
vec3 mixed(float gone, float solid) {
  vec3 sharp = textureLod(photo, at, 0.0).rgb;
  vec4 behind = textureLod(behindCells, at / cellExtent, 0.0);
  vec4 before = textureLod(beforeCells, at / cellExtent, 0.0);
  vec3 blurred = behind.a > 0.01 ? behind.rgb / behind.a : sharp;
  vec3 light = mix(blurred, mix(sharp, blurred, gone), solid);
  return encode(before.rgb + light * (1.0 - before.a));
}

void main() {
  float radius = radiusOf(texelFetch(depth, ivec2(at * vec2(textureSize(depth, 0))), 0).rg);
  float gone = smoothstep(${KEPT} * gonePx, gonePx, abs(radius));
  float solid = hasMatte > 0.0 ? textureLod(alphaMatte, at, 0.0).r : 1.0;
  vec4 cells = textureLod(encodedCells, at / cellExtent, 0.0);
  vec3 encoded = cells.rgb;
  if (gone < 1.0 || solid < 1.0) {
    if (gone == 0.0 && cells.a == 0.0 && solid == 1.0) encoded = photoAt(at);
    else encoded = mixed(gone, solid);
  }
  if (overlay != 0) encoded = withOverlay(encoded, radius);
  colour = vec4(encoded, 1.0);
}`;

// One direction of a box filter over code values, as the blog's method blurs.
export const BOX = `${HEADER}
uniform sampler2D picture;
uniform vec2 photoSize, along;
uniform float box;              // width in pixels
out vec4 mean;
const float MOST = 64.0;
void main() {
  float taps = min(box, MOST);
  vec2 pitch = along * box / taps / photoSize;
  vec4 sum = vec4(0.0);
  for (float i = 0.0; i < taps; i++) {
    sum += textureLod(picture, at + pitch * (i - 0.5 * (taps - 1.0)), 0.0);
  }
  mean = sum / taps;
}`;

// What lies behind the threshold is blurred, the rest is not.
export const MASK_COMPOSITE = `${HEADER}
uniform sampler2D encodedPhoto, depth, blurred;
uniform float threshold;
out vec4 colour;
void main() {
  bool sharp = textureLod(depth, at, 0.0).r >= threshold;
  colour = sharp ? textureLod(encodedPhoto, at, 0.0) : textureLod(blurred, at, 0.0);
}`;
