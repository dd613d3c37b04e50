"""What the page of parameters says of each group and each parameter, beyond the table."""

from __future__ import annotations

UNITS = {
    "haze.depth": "optical depth",
    "light.midtones": "an exponent",
    "noise.shot": "in 1e-4 of variance per unit of light",
    "noise.read": "in 1e-3 of linear light",
    "noise.file": "in 1/255 of white",
    "noise.chroma": "a ratio",
    "noise.blotches": "in 1/255 of white",
    "colour.tint": "in 1/3000 of Duv",
    "jpeg.quality": "IJG quality",
}
"""Units that do not read well straight after a range: they stand in brackets."""

GROUP_WORDS = {
    "haze": "A veil of mist, smoke or stray light: blacks turn grey, and the farther away, the paler. What is far away "
    "behind the veil may be gone for good; lifting it then brings out noise.",
    "blur": "Detail that is smeared. Deblurring is the slowest part and the one that can go wrong most visibly: too "
    "large a value makes rings along edges. Blur that was meant, such as a soft background, is left alone.",
    "light": "Too little light, in stops, as a photographer counts. A photo that is dark on purpose (night, low key) "
    "looks much like one that is dark by mistake: where both are likely, you are asked.",
    "noise": "Grain. `shot` and `read` are what a sensor makes, in linear light, so that the same numbers hold for "
    "every photo of a camera at one ISO; `file` is grain that came later, in a scan or an export.",
    "colour": "A cast: the colour of the light, or a wrong white balance. Light of a sunset is no cast; the program is "
    "shy here, and *Pick ▸ grey* in the panel is quicker than any guess.",
    "jpeg": "What saving and resizing took away.",
}

WORDS = {
    "haze.depth": "At 0.7 half of the contrast is lost, at 1.4 three quarters. Lower it if distant hills turn black "
    "or blue, and raise it if a grey sheet remains.",
    "haze.red": "Lower it if the result is too blue, raise it if too red. *Pick ▸ haze colour* in the panel takes all "
    "three from a place in the photo.",
    "haze.green": "Lower it if the result turns magenta, raise it if it turns green.",
    "haze.blue": "Sets the veil's blue: raise it where distance has turned blue, lower it in brown smog.",
    "blur.sigma": "A soft lens, a small enlargement, a strong anti-alias filter. Usual lenses have 0.5 to 1; above 2 "
    "not much can be brought back.",
    "blur.focus": "Points of light have become small discs. Set it if the whole photo is out of focus; where only the "
    "background is, nothing is wrong.",
    "blur.length": "The camera moved while the shutter was open. Count it on a point of light that became a line. "
    "A shake in a curve is the next parameter.",
    "blur.shake": "The camera trembled in your hand: a point of light became a hook or a squiggle. Its shape is found "
    "from the photo's strongest edges, and shown under *Why*; this number is its size. On a photo in which no path was "
    "found it acts as softness.",
    "blur.angle": "0 is a movement to the side, 90 up and down. It only matters with a motion length.",
    "light.ev": "1 is one stop: half the light. A value below 0 darkens a photo that is too bright; what is "
    "burnt out does not come back.",
    "light.midtones": "Black and white stay; the middle gets brighter above 1 and darker below.",
    "light.local": "At 0 all places are lifted alike; at 1 the shadows more than the highlights, by a map that "
    "follows edges. For a face against the sky.",
    "noise.shot": "Grain of the light itself. Set it by what a flat bright place shows.",
    "noise.read": "Grain of the sensor's electronics. It shows in the shadows, most of all once they are lifted.",
    "noise.file": "The same grain at every brightness, in steps of an 8-bit file. Film scans, test pictures.",
    "noise.size": "0 is grain of single pixels. Larger values stand for blotches: a high-ISO photo that was scaled "
    "up, scanned film, a camera's own noise reduction.",
    "noise.chroma": "1: colours as noisy as brightness. Above 1: red and green speckles.",
    "noise.clipped": "Noise cannot go below black or above white, which makes both greyish; this is corrected. "
    "Above 1 the noise was stronger then: 2 to 3 if the photo was made smaller later. Lower it if shadows drown in "
    "black.",
    "noise.blotches": "Clouds of red and green in skies and shadows, from high ISO and the camera's own smoothing. "
    "Only colour is smoothed: edges and texture stay. Raise it if clouds remain, lower it if small things lose "
    "their colour.",
    "colour.temperature": "In mired: 10 is a small step, 100 the way from daylight to a light bulb.",
    "colour.tint": "Fluorescent light is too green, some mixed light too magenta.",
    "jpeg.quality": "The worst quality that the photo was ever saved with. Below about 30, blocks and rings are "
    "plain to see; above 90 nothing is done.",
    "sampling.scale": "A photo that was enlarged has no detail finer than this. It is not enlarged further, nor made "
    "smaller; the noise and blur are only read rightly.",
}
