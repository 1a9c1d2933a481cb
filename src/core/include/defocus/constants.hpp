// The numbers of src/defocus/constants.py: made by src/core/make_constants.py.
#pragma once

namespace defocus::constants {

// --- From disparity to radius

// Blur radius as a share of the picture's diagonal, for a full unit of normalised disparity at f/1:
// a full-frame 85 mm portrait at two metres.
constexpr double kRadiusPerDiagonal = 0.043;

// Width of the frame that focal lengths "in 35 mm terms" refer to, in mm.
constexpr double kFullFrameWidthMm = 36.0;

// Larger blur radii, in pixels, are refused: they are a mistake in the disparity or in the gain.
constexpr double kMaxRadiusPx = 4096.0;

// --- Focus

// Widths of the sharp band in normalised disparity: a narrower one leaves the nose sharp and the
// ears soft; a wider one is no portrait.
constexpr double kMinFocusRange = 0.06;
constexpr double kMaxFocusRange = 0.3;

// A click looks at a square that reaches so far, as a share of the picture's width and height.
constexpr double kPointReach = 0.004;

// The blog's threshold: so far from the least to the greatest depth.
constexpr double kMaskThreshold = 0.6;

// --- Brush

// A stroke that stops at edges paints wholly what differs by at most the first from the colour under
// the middle of the brush, and not at all what differs by the second: distances in sRGB codes of
// 0 to 255. Grain and a fold of cloth are less than the one, most outlines more than the other.
constexpr double kLikeColour = 26.0;
constexpr double kOtherColour = 64.0;

// That colour is the median of a square that reaches so far from there, in radii of the brush; it is
// taken anew after every such part of the radius along the path.
constexpr double kColourReach = 0.15;
constexpr double kColourPace = 0.5;

// The photo is smoothed by this standard deviation, as a share of its diagonal, before its colours
// are compared: about a pixel of the preview.
constexpr double kColourSigma = 0.0005;

// --- Shape of the aperture

// Cat-eye: the barrel's disc is moved towards the picture's centre, in its own radii, by so much at
// the right edge and at the lower edge: by 1 in the corner of a 4:3 picture.
constexpr double kCatEyeX = 0.8;
constexpr double kCatEyeY = 0.6;

// Ring: an inner disc of this relative radius has another density of light than the rim, lower by so
// much of it for each unit of the ring (soap bubbles) or, negative, higher (cream).
constexpr double kRimScale = 0.82;
constexpr double kRimContrast = 0.7;
constexpr double kCreamScale = 0.6;
constexpr double kCreamContrast = 2.0;

// --- Highlights

// A lamp that was clipped is taken for 1 + this · highlights times white by night, and for this part
// of it by day.
constexpr double kHighlightGain = 30.0;
constexpr double kDayGain = 0.25;

// It is night where four fifths of the picture are darker than the first of white, day from the
// second on.
constexpr double kNightLight = 0.08;
constexpr double kDayLight = 0.25;

// A lamp counts fully where the light around it is below the first of white, not at all above the
// second.
constexpr double kDarkAround = 0.15;
constexpr double kBrightAround = 0.45;

// How far "around" reaches, as a share of the picture's diagonal.
constexpr double kAroundReach = 0.015;

// A lamp is no larger than this share of the diagonal by day, twice that by night.
constexpr double kLampSize = 0.012;

// From this blur radius on, as a share of the diagonal, a light counts fully; from this part of it,
// at all: hardly blurred it would be a glint that the photo does not have.
constexpr double kGlowRadius = 0.004;
constexpr double kGlowBegins = 0.25;

}  // namespace defocus::constants
