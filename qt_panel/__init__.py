"""The stand-alone Qt panel: see what is wrong, watch the picture form, correct it. Never imports torch."""
