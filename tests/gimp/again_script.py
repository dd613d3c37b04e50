# ruff: noqa
# Runs inside GIMP: a former result run again, what is repeated, and other ways to call the procedure.
import traceback


def content(layer):
    rect = Gegl.Rectangle.new(0, 0, layer.get_width(), layer.get_height())
    return bytes(layer.get_buffer().get(rect, 1.0, Babl.get_name(layer.get_format()), Gegl.AbyssPolicy.NONE))


def record(layer):
    parasite = layer.get_parasite("upzeroir-record")
    return json.loads(bytes(parasite.get_data()).decode()) if parasite else None


def edited_again():
    """Twice on the same photo, the second time on the result: it starts from the original and takes the first one's place."""
    image = load(PHOTO)
    layer = image.get_layers()[0]
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 10, 10, 60, 50)
    before = content(layer)
    first = restore(image, layer, **GIVEN)
    result = image.get_layers()[0]
    one = content(result)
    result.set_opacity(80.0)
    Gimp.Selection.none(image)
    second = restore(image, result, strength=0.5, **GIVEN)
    again = image.get_layers()[0]
    two = content(again)
    reference = load(PHOTO)
    reference.select_rectangle(Gimp.ChannelOps.REPLACE, 10, 10, 60, 50)
    restore(reference, reference.get_layers()[0], strength=0.5, **GIVEN)
    file = BOX + "/kept.xcf"
    saved = Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(file), None)
    opened = load(file)
    third = restore(opened, opened.get_layers()[0], **GIVEN)
    return {
        "answers": [first[0], second[0], third[0]],
        "untouched": content(layer) == before,
        "changed": one != two,
        "like": two == content(reference.get_layers()[0]),
        "count": len(image.get_layers()),
        "opacity": again.get_opacity(),
        "names": [l.get_name() for l in image.get_layers()],
        "record": record(again),
        "tattoo": layer.get_tattoo(),
        "saved": saved,
        "after-xcf": [len(opened.get_layers()), content(opened.get_layers()[0]) == one],
    }


def without_original():
    """The original is gone: the result is a layer like any other."""
    image = load(PHOTO)
    layer = image.get_layers()[0]
    restore(image, layer, **GIVEN)
    image.remove_layer(layer)
    answer = restore(image, image.get_layers()[0], **GIVEN)
    return {"answer": answer[:2], "count": len(image.get_layers())}


def with_result():
    """A file with a result and its original: a duplicated image has other tattoos."""
    file = BOX + "/result.xcf"
    if not os.path.exists(file):
        image = load(PHOTO)
        restore(image, image.get_layers()[0], **GIVEN)
        Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(file), None)
    return load(file)


def formers():
    """What a user may have done to a result before it is run again: (name, image, result)."""
    for name, change in CHANGES.items():
        other = with_result()
        result = other.get_layers()[0]
        change(other, result)
        yield name, other, other.get_layers()[0]


def paint(layer):
    buffer = layer.get_buffer()
    buffer.set(Gegl.Rectangle.new(5, 5, 30, 30), "R'G'B' u8", b"\xff\x00\xff" * 900)
    buffer.flush()
    layer.update(0, 0, layer.get_width(), layer.get_height())


def merge(image, result):
    art = Gimp.Layer.new(image, "art", 96, 80, Gimp.ImageType.RGBA_IMAGE, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(art, None, 0)
    paint(art)
    image.merge_down(art, Gimp.MergeType.EXPAND_AS_NECESSARY)


def mask_out(image, result):
    result.add_mask(result.create_mask(Gimp.AddMaskType.BLACK))


CHANGES = {
    "nothing": lambda image, result: None,
    "mask": mask_out,
    "canvas": lambda image, result: image.resize(120, 100, 10, 10),
    "painted": lambda image, result: paint(result),
    "merged": merge,
    "locked": lambda image, result: result.set_lock_content(True),
    "moved": lambda image, result: result.set_offsets(3, 2),
    "scaled": lambda image, result: result.scale(48, 40, False),
    "filtered": lambda image, result: result.append_filter(
        Gimp.DrawableFilter.new(result, "gegl:invert-gamma", "i")
    ),
}


def changed_by_the_user():
    """A result that the user worked on stays, with the new one above it."""
    found = {}
    for name, image, result in formers():
        before = content(result)
        answer = restore(image, result, strength=0.5, **GIVEN)
        valid = result.is_valid()
        top = image.get_layers()[0]
        found[name] = {
            "answer": answer[:2],
            "count": len(image.get_layers()),
            "kept": valid and content(result) == before,
            "masked": top.get_mask() is not None and not any(content(top.get_mask())),
            "strength": record(top)["strength"],
        }
    return found


def indexed_former():
    image = load(PHOTO)
    layer = image.get_layers()[0]
    restore(image, layer, **GIVEN)
    image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 16, False, False, "")
    return {"answer": restore(image, image.get_layers()[0], **GIVEN)[:2], "count": len(image.get_layers())}


def in_another_image():
    """A result pasted over another photo: that one's layer has the tattoo of the original, and is none."""
    image = load(PHOTO)
    restore(image, image.get_layers()[0], **GIVEN)
    result = image.get_layers()[0]
    other = load(PHOTO)
    background = other.get_layers()[0]
    fill(background, bytes(255 - value for value in content(background)))
    pasted = Gimp.Layer.new_from_drawable(result, other)
    other.insert_layer(pasted, None, 0)
    answer = restore(other, pasted, **GIVEN)
    top, was = content(other.get_layers()[0]), content(background)
    return {
        "answer": answer[:2],
        "count": len(other.get_layers()),
        "pasted-stays": pasted.is_valid(),
        "away": sum(abs(a - b) for a, b in zip(top[::7], was[::7])) / len(top[::7]),
    }


def part_with_mask_asked_for():
    """A part restored as a plain layer, and again with the output that makes a mask: nothing outside that part."""
    image = load(PHOTO)
    layer = image.get_layers()[0]
    image.select_ellipse(Gimp.ChannelOps.REPLACE, 10, 10, 60, 50)
    restore(image, layer, **GIVEN)
    mask = (
        image.get_selection()
        .get_buffer()
        .get(Gegl.Rectangle.new(0, 0, 96, 80), 1.0, "Y u8", Gegl.AbyssPolicy.NONE)
    )
    outside = [i for i, value in enumerate(bytes(mask)) if not value]
    Gimp.Selection.none(image)
    answer = restore(image, image.get_layers()[0], output="new-layer-mask", **GIVEN)
    top, before = content(image.get_layers()[0]), content(layer)
    return {
        "answer": answer[:2],
        "outside": all(top[3 * i : 3 * i + 3] == before[3 * i : 3 * i + 3] for i in outside),
        "output": record(image.get_layers()[0])["output"],
    }


def damaged_records():
    """Whatever a file may hold for a record: the layer is one like any other."""
    answers = {}
    for name, bad in {
        "rect": {"rect": [0, 0, 5000, 5000]}, "mask": {"mask": "AAAA"}, "source": {"source": [1]},
        "size": {"size": 7}, "parameters": {"parameters": {"noise.file": 3}}, "strength": {"strength": "much"},
        "amounts": {"amounts": []}, "effort": {"effort": "none"}, "link": {"link": None},
    }.items():  # fmt: skip
        other = with_result()
        top = other.get_layers()[0]
        text = json.dumps({**record(top), **bad}).encode()
        top.attach_parasite(Gimp.Parasite.new("upzeroir-record", Gimp.PARASITE_PERSISTENT, text))
        answers[name] = [*restore(other, top, strength=0.2, **{g + "-on": False for g in ("haze", "blur", "light",
                         "noise", "colour", "jpeg")})[:2], len(other.get_layers())]  # fmt: skip
        other.delete()
    return answers


def last_values():
    """With the values of the last time: pins and amounts stay, the rest is found anew."""
    image = load(PHOTO)
    answer = restore(image, image.get_layers()[0], mode=Gimp.RunMode.WITH_LAST_VALS)
    return {"answer": answer[:2]}


def metadata():
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-upzeroir-restore")
    names = [each.get_name() for each in procedure.get_arguments()]
    config = procedure.create_config()
    config.set_property("noise-read", 5000.0)
    return {
        "arguments": names,
        "help": procedure.get_help() or "",
        "blurb": procedure.get_blurb() or "",
        "out-of-range": config.get_property("noise-read"),
        "menu": procedure.get_menu_label(),
    }


def big():
    """12 megapixels of 16 bits: what the transfer costs beside the restoration."""
    image = Gimp.Image.new_with_precision(4000, 3000, Gimp.ImageBaseType.RGB, Gimp.Precision.U16_NON_LINEAR)
    layer = Gimp.Layer.new(image, "big", 4000, 3000, Gimp.ImageType.RGB_IMAGE, 100.0, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    one = os.urandom(4000 * 6)
    fill(layer, b"".join(one[i:] + one[:i] for i in range(0, 18000, 6)))
    off = {g + "-on": False for g in ("haze", "blur", "light", "noise", "jpeg")}
    began = time.time()
    answer = restore(
        image, layer, strength=0.5, colour_temperature=60.0, colour_temperature_auto=False, **off
    )
    return {"answer": answer[:2], "seconds": time.time() - began, "layers": len(image.get_layers())}


found = {}
for case in (
    edited_again, without_original, changed_by_the_user, indexed_former, in_another_image, part_with_mask_asked_for,
    damaged_records, last_values, metadata, big,
):  # fmt: skip
    try:
        found[case.__name__] = case()
    except Exception:
        found[case.__name__] = {"failed": traceback.format_exc()}
give(found)
