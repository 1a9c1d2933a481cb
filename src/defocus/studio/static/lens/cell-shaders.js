// GLSL of the passes over cells: from the photo to its blur. In them radii count cells.

import {
  CAT_EYE_X,
  CAT_EYE_Y,
  GLOW_BEGINS,
  GLOW_RADIUS,
  HIGHLIGHT_GAIN,
} from "../constants.js";
import { HEADER, RADIUS, SHARP_CELLS } from "./glsl.js";

export const TILE = 8;
export const MAX_POINTS = 64;

// Photo → cells: what lies behind the focal plane and what lies before it, each with its radius.
export const PREPARE = `${HEADER}${RADIUS}
uniform sampler2D photo;
uniform sampler2D alphaMatte;
uniform float hasMatte;
uniform sampler2D lamps;        // colour and share of the gain, for cells of the whole picture
uniform vec2 lampsExtent;       // of those cells, as a fraction of the whole picture
uniform vec4 window;            // offset and size of the source within the whole picture
uniform vec2 photoSize;
uniform float diagonalPx;       // of the whole picture
uniform float cellPx;           // photo pixels per cell, a power of two
uniform int side;               // samples per cell along one axis, a power of two
uniform int lod;                // mip level of the photo whose pixels are the samples
uniform float gainAmount, gainThreshold;
layout(location = 0) out vec4 farCell;   // light; |radius|, 0 = in focus, -1 = nothing there
layout(location = 1) out vec4 nearCell;  // light · coverage; coverage
layout(location = 2) out vec4 nearRadius;

const float SHARP = ${SHARP_CELLS};

// A glint on the rim of something sharp has some of the background's disparity here, where the
// export sees the rim's own: what counts is the least blur around it.
float leastRadius(ivec2 pixel) {
  ivec2 last = textureSize(depth, 0) - 1;
  float least = 1e6;
  for (int i = 0; i < 4; i++) {
    ivec2 aside = ivec2(i & 1, i >> 1) * 8 - 4;
    vec2 there = texelFetch(depth, clamp(pixel + aside, ivec2(0), last), 0).rg;
    least = min(least, abs(radiusOf(there)));
  }
  return least;
}

// Clipped lamps get back the energy that the sensor lost (defocus.render.lamps says which are some),
// by their blur, in pixels. The threshold is a code value.
vec3 highlight(vec3 light, vec2 middle, ivec2 pixel, float radius) {
  float brightest = max(light.r, max(light.g, light.b));
  if (gainAmount == 0.0 || brightest < 0.2) return vec3(1.0);
  float code = 1.055 * pow(brightest, 1.0 / 2.4) - 0.055;
  float t = clamp((code - gainThreshold) / max(1.0 - gainThreshold, 1e-3), 0.0, 1.0);
  if (t == 0.0) return vec3(1.0);
  vec2 place = (window.xy + window.zw * middle / photoSize) / lampsExtent;
  ivec2 cells = textureSize(lamps, 0);
  vec4 lamp = texelFetch(lamps, min(ivec2(place * vec2(cells)), cells - 1), 0);
  float full = ${GLOW_RADIUS} * diagonalPx;
  float blurred = smoothstep(${GLOW_BEGINS} * full, full, min(abs(radius), leastRadius(pixel)));
  float extra = float(${HIGHLIGHT_GAIN}) * gainAmount * t * t * (3.0 - 2.0 * t) * blurred;
  return 1.0 + extra * lamp.a * lamp.rgb;
}

void main() {
  vec4 behind = vec4(0.0), before = vec4(0.0), focused = vec4(0.0);
  float behindRadius = 0.0, beforeRadius = 0.0;
  ivec2 first = ivec2(gl_FragCoord.xy) * side;
  ivec2 lastDepth = textureSize(depth, 0) - 1;
  ivec2 lastLight = textureSize(photo, lod) - 1;
  float pitch = cellPx / float(side);
  for (int j = 0; j < side; j++) {
    for (int i = 0; i < side; i++) {
      ivec2 index = first + ivec2(i, j);
      vec2 middle = (vec2(index) + 0.5) * pitch;
      ivec2 pixel = min(ivec2(middle), lastDepth);
      float radius = radiusOf(texelFetch(depth, pixel, 0).rg) / cellPx;
      vec3 light = texelFetch(photo, min(index, lastLight), lod).rgb;
      light *= highlight(light, middle, pixel, radius * cellPx);
      float solid = hasMatte > 0.0 ? texelFetch(alphaMatte, pixel, 0).r : 1.0;
      float blurred = smoothstep(SHARP, 2.0 * SHARP, abs(radius));
      if (radius < 0.0) {
        behind += vec4(light, 1.0) * blurred;
        behindRadius -= radius * blurred;
      } else {
        before += vec4(light, 1.0) * blurred;
        beforeRadius += radius * blurred;
      }
      focused += vec4(light, 1.0) * (1.0 - blurred) * solid;
    }
  }
  float samples = float(side * side);
  if (behind.a > 0.0) {
    farCell = vec4(behind.rgb / behind.a, behindRadius / behind.a);
  } else if (focused.a > 0.0) {
    farCell = vec4(focused.rgb / focused.a, 0.0);
  } else {
    farCell = vec4(0.0, 0.0, 0.0, -1.0);
  }
  nearCell = before / samples;
  nearRadius = vec4(before.a > 0.0 ? beforeRadius / before.a : 0.0, 0.0, 0.0, 1.0);
}`;

// The same where all is in focus and stays so.
export const PREPARE_STILL = `${HEADER}
uniform sampler2D photo;
uniform int cellLod;            // mip level of the photo whose pixels are the cells
layout(location = 0) out vec4 farCell;
layout(location = 1) out vec4 nearCell;
layout(location = 2) out vec4 nearRadius;
void main() {
  ivec2 last = textureSize(photo, cellLod) - 1;
  farCell = vec4(texelFetch(photo, min(ivec2(gl_FragCoord.xy), last), cellLod).rgb, 0.0);
  nearCell = vec4(0.0);
  nearRadius = vec4(0.0, 0.0, 0.0, 1.0);
}`;

// Cells → tiles: the largest radius before and behind the focal plane.
export const TILES = `${HEADER}
uniform sampler2D farCells, nearRadii;
out vec4 largest;
void main() {
  ivec2 first = ivec2(gl_FragCoord.xy) * ${TILE};
  ivec2 last = textureSize(farCells, 0) - 1;
  vec2 most = vec2(0.0);
  for (int j = 0; j < ${TILE}; j++) {
    for (int i = 0; i < ${TILE}; i++) {
      ivec2 at = min(first + ivec2(i, j), last);
      most.x = max(most.x, texelFetch(nearRadii, at, 0).r);
      most.y = max(most.y, texelFetch(farCells, at, 0).a);
    }
  }
  largest = vec4(most, 0.0, 1.0);
}`;

// Tiles → tiles: what can reach this one from around it.
export const SPREAD = `${HEADER}
uniform sampler2D tiles;
uniform int reach;              // in tiles
uniform float beyond;           // how much farther than its radius blur reaches
out vec4 largest;
void main() {
  ivec2 here = ivec2(gl_FragCoord.xy);
  ivec2 last = textureSize(tiles, 0) - 1;
  vec2 most = texelFetch(tiles, here, 0).rg;
  for (int j = -reach; j <= reach; j++) {
    for (int i = -reach; i <= reach; i++) {
      ivec2 at = clamp(here + ivec2(i, j), ivec2(0), last);
      vec2 there = texelFetch(tiles, at, 0).rg;
      // A tile's nearest cell lies one tile closer than its index says.
      float gap = float((max(abs(i), abs(j)) - 1) * ${TILE});
      most = max(most, there * step(gap, there * beyond));
    }
  }
  largest = vec4(most, 0.0, 1.0);
}`;

const GATHER = `${HEADER}
uniform sampler2D farCells, nearCells, nearRadii, tiles;
uniform vec4 points[${MAX_POINTS}];
uniform int pointCount;
uniform float hasMatte;
uniform float jitter;           // 0 to 1: share of the gap between points
uniform float turn;             // which of the point sets
uniform float catEye;
uniform float squeeze;          // square root of the lens's
uniform vec4 window;            // offset and size of the source within the whole picture
layout(location = 0) out vec4 behindOut;  // light · validity; validity
layout(location = 1) out vec4 beforeOut;  // light · alpha; alpha

vec2 noise(vec2 at) {
  // Interleaved gradient noise (Jimenez 2014), twice.
  float a = fract(52.9829189 * fract(dot(at, vec2(0.06711056, 0.00583715))));
  float b = fract(52.9829189 * fract(dot(at + 47.0, vec2(0.00583715, 0.06711056))));
  return vec2(a, b) - 0.5;
}

// Area over π of a disc in cells whose rim fades from half a cell within to half a cell outside.
float discArea(float radius) {
  return radius > 0.5 ? radius * radius + 1.0 / 12.0 : pow(radius + 0.5, 3.0) / 3.0;
}

void main() {
  ivec2 here = ivec2(gl_FragCoord.xy);
  ivec2 last = textureSize(farCells, 0) - 1;
  vec4 mine = texelFetch(farCells, here, 0);
  vec2 reach = texelFetch(tiles, here / ${TILE}, 0).rg;

  // The barrel clips the aperture by the same disc, moved towards the picture's centre.
  vec2 place = window.xy + window.zw * at;
  vec2 clipCentre = -catEye * vec2(${CAT_EYE_X}, ${CAT_EYE_Y}) * (2.0 * place - 1.0);
  vec2 unsqueeze = vec2(1.0 / squeeze, squeeze);
  // Another shift in each frame that is averaged (Jimenez's step): points that lie to the same side
  // of a pixel in all of them would leave a weave in the picture at rest.
  vec2 shift = noise(gl_FragCoord.xy + 5.588238 * turn) * jitter;
  shift *= 1.77 * inversesqrt(float(pointCount));

  beforeOut = vec4(0.0);
#ifdef BEFORE
  if (reach.x > 0.0) {
    float widest = reach.x + 0.5;
    for (int i = 0; i < pointCount; i++) {
      vec4 point = points[i];
      if (catEye > 0.0) {
        vec2 clipped = point.xy * unsqueeze - clipCentre;
        if (dot(clipped, clipped) > 1.0) continue;
      }
      vec2 offset = point.xy + shift;
      ivec2 from = clamp(here - ivec2(round(offset * widest)), ivec2(0), last);
      vec4 there = texelFetch(nearCells, from, 0);
      if (there.a == 0.0) continue;
      float spread = texelFetch(nearRadii, from, 0).r;
      float covers = clamp(spread - point.z * widest + 0.5, 0.0, 1.0);
      beforeOut += there * point.w * covers * widest * widest / discArea(spread);
    }
    beforeOut /= float(pointCount);
    // More than one surface covers: no pixel is more than opaque.
    if (beforeOut.a > 1.0) beforeOut /= beforeOut.a;
  }
#endif

  vec4 own = vec4(max(mine.rgb, 0.0), 1.0) * step(0.0, mine.a);
  behindOut = mine.a == 0.0 ? vec4(0.0) : own;
  // Cells without anything behind the plane need it where something blurred lies before them, or
  // where they are see-through.
  bool hidden = mine.a <= 0.0;
  float radius = mine.a;
  if (hidden) radius = max(reach.y, reach.x) * step(0.01, reach.x + hasMatte);
  if (beforeOut.a > 0.99) radius = 0.0; // nobody will see it
  if (radius > 0.0) {
    vec4 sum = hidden ? vec4(0.0) : vec4(mine.rgb, 1.0) / max(radius * radius, 1.0) * 0.5;
    for (int i = 0; i < pointCount; i++) {
      vec4 point = points[i];
      vec2 offset = point.xy + shift;
      if (catEye > 0.0) {
        vec2 clipped = point.xy * unsqueeze - clipCentre;
        if (dot(clipped, clipped) > 1.0) continue;
      }
      ivec2 from = clamp(here - ivec2(round(offset * radius)), ivec2(0), last);
      vec4 there = texelFetch(farCells, from, 0);
      float spread = min(there.a, radius);
      float covers = clamp(spread - point.z * radius + 0.5, 0.0, 1.0) * step(0.001, spread);
      float weight = point.w * covers / max(spread * spread, 1.0);
      if (hidden) weight += 1e-4 * step(0.0, there.a) * (1.0 + 50.0 * step(0.001, there.a));
      sum += vec4(there.rgb, 1.0) * weight;
    }
    behindOut = sum.a > 0.0 ? vec4(sum.rgb / sum.a, 1.0) : own; // perhaps nothing at all
  }
}`;

// Cells → blurred cells. Each sample counts if its own blur disc covers this cell, and in
// proportion to one over its area: a scatter, read backwards. One looks behind the focal plane
// only, for where nothing in front of it reaches.
export const GATHER_BEHIND = GATHER;
export const GATHER_BOTH = GATHER.replace("\n", "\n#define BEFORE\n");
