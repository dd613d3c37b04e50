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
for case in (edited_again, without_original, last_values, metadata, big):
    try:
        found[case.__name__] = case()
    except Exception:
        found[case.__name__] = {"failed": traceback.format_exc()}
give(found)
