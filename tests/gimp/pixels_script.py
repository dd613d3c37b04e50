# ruff: noqa
# Runs inside GIMP, once for all tests of test_gimp_pixels.py: every case on an image of its own.
import traceback


def opened(name):
    image = load(BOX + "/" + SOURCES[name])
    return image, image.get_layers()[0]


def kept(name, image, layer, answer, before):
    """What the test looks at afterwards."""
    layers = image.get_layers()
    top = layers[0]
    dump(top, BOX + "/" + name + ".after")
    if layer.is_valid():
        dump(layer, BOX + "/" + name + ".later")
    return {
        "answer": answer,
        "names": [each.get_name() for each in layers],
        "format": Babl.get_name(top.get_format()),
        "size": [top.get_width(), top.get_height()],
        "offsets": list(top.get_offsets())[1:],
        "untouched": layer.is_valid() and content(layer) == before,
        "same": top.get_id() == layer.get_id(),
    }


def content(layer):
    rect = Gegl.Rectangle.new(0, 0, layer.get_width(), layer.get_height())
    name = Babl.get_name(layer.get_format())
    return bytes(layer.get_buffer().get(rect, 1.0, name, Gegl.AbyssPolicy.NONE))


def selected(name, image):
    """Save the selection as the grey picture of 16 bits that the command line takes as a mask."""
    rect = Gegl.Rectangle.new(0, 0, image.get_width(), image.get_height())
    rows = bytes(image.get_selection().get_buffer().get(rect, 1.0, "Y u16", Gegl.AbyssPolicy.NONE))
    with open(BOX + "/" + name + ".mask", "wb") as file:
        file.write(rows)


def simple(name, source=None, prepare=None, **values):
    image, layer = opened(source or name)
    target = (prepare(image, layer) if prepare else None) or layer
    selected(name, image)
    before = content(layer) if not layer.is_group() else b""
    with open(BOX + "/" + name + ".before", "wb") as file:
        file.write(before)
    answer = restore(image, target, **{**GIVEN, **values})
    return kept(name, image, layer, answer, before)


def rectangle(image, layer):
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 16, 40, 36)


def feathered(image, layer):
    rectangle(image, layer)
    Gimp.Selection.feather(image, 9.0)


def outside(image, layer):
    layer.set_offsets(5, 5)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 3, 3)


def offset(image, layer):
    """A layer that reaches over the canvas on one side and leaves some of it empty on the other, and a selection."""
    image.resize(90, 70, -13, 9)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 20, 50, 40)


def group(image, layer):
    made = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(made, None, 0)
    image.reorder_item(layer, made, 0)
    return made


def locked(image, layer):
    layer.set_lock_content(True)


def indexed(image, layer):
    image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 16, False, False, "")


def masked(image, layer):
    mask = layer.create_mask(Gimp.AddMaskType.COPY)
    layer.add_mask(mask)
    return mask


def two(name):
    image, layer = opened("8")
    second = layer.copy()
    image.insert_layer(second, None, 0)
    before = content(layer)
    answer = restore(image, layer, second, **GIVEN)
    return kept(name, image, layer, answer, before)


def of_precision(precision):
    def prepare(image, layer):
        image.convert_precision(precision)

    return prepare


def refused(name, **values):
    image, layer = opened("8")
    return {"answer": restore(image, layer, **values)}


def from_mask(name):
    """The output with a layer mask: what is seen outside the selection is the original."""
    image, layer = opened("8")
    feathered(image, layer)
    before = content(layer)
    found = {"answer": restore(image, layer, output="new-layer-mask", **GIVEN)}
    top = image.get_layers()[0]
    mask = top.get_mask()
    rect = Gegl.Rectangle.new(0, 0, layer.get_width(), layer.get_height())
    name = Babl.get_name(mask.get_format())
    chosen = bytes(image.get_selection().get_buffer().get(rect, 1.0, name, Gegl.AbyssPolicy.NONE))
    found["mask"] = bytes(mask.get_buffer().get(rect, 1.0, name, Gegl.AbyssPolicy.NONE)) == chosen
    found["untouched"] = content(layer) == before
    return found


def nothing(name):
    image, layer = opened("8")
    answer = restore(
        image, layer, **{g + "-on": False for g in ("haze", "blur", "light", "noise", "colour", "jpeg")}
    )
    return {"answer": answer, "layers": len(image.get_layers())}


def estimated(name):
    image, layer = opened("8")
    before = content(layer)
    answer = call("plug-in-upzeroir-estimate", image, [layer])
    rectangle(image, layer)
    return {
        "answer": answer,
        "part": call("plug-in-upzeroir-estimate", image, [layer]),
        "untouched": content(layer) == before,
        "layers": len(image.get_layers()),
    }


def in_locked_group(image, layer):
    group(image, layer).set_lock_content(True)


def floating(image, layer):
    rectangle(image, layer)
    Gimp.edit_copy([layer])
    Gimp.edit_paste(layer, True)


def tiny(image, layer):
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 16, 40, 7)


def group_like(name):
    """A group with opacity, mode and mask of its own."""
    image, layer = opened("8")
    made = group(image, layer)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 30, 80)
    made.add_mask(made.create_mask(Gimp.AddMaskType.SELECTION))
    Gimp.Selection.none(image)
    made.set_opacity(50)
    made.set_mode(Gimp.LayerMode.MULTIPLY)
    answer = restore(image, made, **GIVEN)
    top = image.get_layers()[0]
    same = top.get_mask() is not None and content(top.get_mask()) == content(made.get_mask())
    return {
        "answer": answer[:2], "opacity": top.get_opacity(), "mask": same,
        "mode": top.get_mode() == Gimp.LayerMode.MULTIPLY,
    }  # fmt: skip


def channel(name):
    """A channel with a selection."""
    image, layer = opened("8")
    made = Gimp.Channel.new(image, "c", 96, 80, 50, Gimp.context_get_foreground())
    image.insert_channel(made, None, 0)
    fill(made, bytes((i * 7 + (i // 96) * 3) % 200 for i in range(96 * 80)), "Y u8")
    image.set_selected_channels([made])
    rectangle(image, layer)
    answer = restore(image, made, **GIVEN)
    return {"answer": answer[:2], "selected": [each.get_name() for each in image.get_selected_channels()]}


def hidden(name):
    """A hidden layer whose visibility is locked."""
    image, layer = opened("8")
    layer.set_visible(False)
    layer.set_lock_visibility(True)
    answer = restore(image, layer, **GIVEN)
    return {"answer": answer[:2], "visible": [each.get_visible() for each in image.get_layers()]}


P = Gimp.Precision
CASES = {
    **dict.fromkeys(SOURCES, simple),
    "rectangle": lambda n: simple(n, "8", rectangle),
    "feathered": lambda n: simple(n, "16", feathered),
    "replaced": lambda n: simple(n, "8", feathered, output="replace"),
    "offset": lambda n: simple(n, "8", offset),
    "outside": lambda n: simple(n, "8", outside),
    "group": lambda n: simple(n, "8", group),
    "group-replaced": lambda n: simple(n, "8", group, output="replace"),
    "locked": lambda n: simple(n, "8", locked),
    "locked-replaced": lambda n: simple(n, "8", locked, output="replace"),
    "in-locked-group": lambda n: simple(n, "8", in_locked_group, output="replace"),
    "floating": lambda n: simple(n, "8", floating),
    "tiny": lambda n: simple(n, "8", tiny),
    "group-like": group_like,
    "channel": channel,
    "hidden": hidden,
    "indexed": lambda n: simple(n, "8", indexed),
    "mask": lambda n: simple(n, "8", masked),
    "linear": lambda n: simple(n, "8", lambda i, l: of_precision(P.U8_LINEAR)(i, l) or rectangle(i, l)),
    "half": lambda n: simple(n, "16", lambda i, l: of_precision(P.HALF_NON_LINEAR)(i, l) or feathered(i, l)),
    "float-linear": lambda n: simple(n, "16", of_precision(P.FLOAT_LINEAR)),
    "perceptual": lambda n: simple(n, "adobe", of_precision(P.U16_PERCEPTUAL)),
    "two": two,
    "from-mask": from_mask,
    "contradiction": lambda n: refused(n, noise_file=12.0),
    "nothing": nothing,
    "estimated": estimated,
}

found = {}
for case, function in CASES.items():
    began = time.monotonic()
    try:
        found[case] = function(case)
    except Exception:
        found[case] = {"failed": traceback.format_exc()}
    found[case]["seconds"] = time.monotonic() - began
PROCEDURES = ("plug-in-upzeroir-restore", "plug-in-upzeroir-estimate")
registered = [Gimp.get_pdb().lookup_procedure(n) is not None for n in PROCEDURES]
give({"cases": found, "registered": registered})
