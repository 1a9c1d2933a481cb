// The numbers of src/defocus/constants.py: made by src/core/make_constants.py.

// --- From disparity to radius

// Blur radius as a share of the picture's diagonal, for a full unit of normalised disparity at f/1:
// a full-frame 85 mm portrait at two metres.
export const RADIUS_PER_DIAGONAL = 0.043;

// Width of the frame that focal lengths "in 35 mm terms" refer to, in mm.
export const FULL_FRAME_WIDTH_MM = 36;

// Larger blur radii, in pixels, are refused: they are a mistake in the disparity or in the gain.
export const MAX_RADIUS_PX = 4096;

// --- Focus

// Widths of the sharp band in normalised disparity: a narrower one leaves the nose sharp and the
// ears soft; a wider one is no portrait.
export const MIN_FOCUS_RANGE = 0.06;
export const MAX_FOCUS_RANGE = 0.3;

// A click looks at a square that reaches so far, as a share of the picture's width and height.
export const POINT_REACH = 0.004;

// The blog's threshold: so far from the least to the greatest depth.
export const MASK_THRESHOLD = 0.6;

// --- Brush

// A stroke that stops at edges paints wholly what differs by at most the first from the colour under
// the middle of the brush, and not at all what differs by the second: distances in sRGB codes of
// 0 to 255. Grain and a fold of cloth are less than the one, most outlines more than the other.
export const LIKE_COLOUR = 26;
export const OTHER_COLOUR = 64;

// That colour is the median of a square that reaches so far from there, in radii of the brush; it is
// taken anew after every such part of the radius along the path.
export const COLOUR_REACH = 0.15;
export const COLOUR_PACE = 0.5;

// The photo is smoothed by this standard deviation, as a share of its diagonal, before its colours
// are compared: about a pixel of the preview.
export const COLOUR_SIGMA = 0.0005;

// --- Shape of the aperture

// Cat-eye: the barrel's disc is moved towards the picture's centre, in its own radii, by so much at
// the right edge and at the lower edge: by 1 in the corner of a 4:3 picture.
export const CAT_EYE_X = 0.8;
export const CAT_EYE_Y = 0.6;

// Ring: an inner disc of this relative radius has another density of light than the rim, lower by so
// much of it for each unit of the ring (soap bubbles) or, negative, higher (cream).
export const RIM_SCALE = 0.82;
export const RIM_CONTRAST = 0.7;
export const CREAM_SCALE = 0.6;
export const CREAM_CONTRAST = 2;

// --- Highlights

// A lamp that was clipped is taken for 1 + this · highlights times white by night, and for this part
// of it by day.
export const HIGHLIGHT_GAIN = 30;
export const DAY_GAIN = 0.25;

// It is night where four fifths of the picture are darker than the first of white, day from the
// second on.
export const NIGHT_LIGHT = 0.08;
export const DAY_LIGHT = 0.25;

// A lamp counts fully where the light around it is below the first of white, not at all above the
// second.
export const DARK_AROUND = 0.15;
export const BRIGHT_AROUND = 0.45;

// How far "around" reaches, as a share of the picture's diagonal.
export const AROUND_REACH = 0.015;

// A lamp is no larger than this share of the diagonal by day, twice that by night.
export const LAMP_SIZE = 0.012;

// From this blur radius on, as a share of the diagonal, a light counts fully; from this part of it,
// at all: hardly blurred it would be a glint that the photo does not have.
export const GLOW_RADIUS = 0.004;
export const GLOW_BEGINS = 0.25;
